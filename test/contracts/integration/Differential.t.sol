// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice What an adapter reports equals what the protocol itself says once it has accrued, after any time and with the
/// other users of the venue doing what they do in between.
/// forge-config: default.isolate = true
contract DifferentialTest is DevnetFixture {
    uint256 private constant STEPS = 5;

    function setUp() public override {
        super.setUp();
        if (address(vault) != address(0)) _spread();
    }

    /// @dev Somebody borrows or supplies; nothing is asked of the amounts but that they fit.
    function _stir(uint256 i, uint256 seed) private {
        uint256 amount = bound(seed, UNIT, 500_000 * UNIT);
        _fund(bob, amount);
        vm.startPrank(bob);
        if (i == AAVE || i == STATA) {
            usdc.approve(address(pool), amount);
            pool.supply(address(usdc), amount, bob, 0);
            if (seed & 1 == 0) pool.withdraw(address(usdc), amount / 2, bob);
        } else if (i == COMET) {
            usdc.approve(address(comet), amount);
            comet.supply(address(usdc), amount);
            if (seed & 1 == 0) comet.withdraw(address(usdc), amount / 2);
        } else if (i == MORPHO_WETH || i == MORPHO_USDT) {
            usdc.approve(address(morpho), amount);
            morpho.supply(markets[i - MORPHO_WETH], amount, 0, bob, "");
        } else {
            usdc.approve(address(savings), amount);
            savings.deposit(amount, bob);
        }
        vm.stopPrank();
    }

    /// @dev What the protocol says of the adapter's balance, after it has accrued.
    function _truth(uint256 i) private returns (uint256) {
        address adapter = venues[i].adapter;
        if (i == AAVE) return aUsdc.balanceOf(adapter);
        if (i == COMET) {
            (bool ok, ) = address(comet).call(abi.encodeWithSignature("accrueAccount(address)", adapter));
            assertTrue(ok);
            return comet.balanceOf(adapter);
        }
        if (i == MORPHO_WETH || i == MORPHO_USDT) {
            morpho.accrueInterest(markets[i - MORPHO_WETH]);
            bytes32 id = keccak256(venues[i].data);
            uint256 shares = MorphoBlueAdapter(adapter).supplyShares(id);
            // SharesMathLib.toAssetsDown: one virtual asset, a million virtual shares.
            return (shares * (morpho.market(id).totalSupplyAssets + 1)) / (morpho.market(id).totalSupplyShares + 1e6);
        }
        if (i == SAVINGS) return savings.convertToAssets(Erc4626Adapter(adapter).shares());
        return stata.convertToAssets(Erc4626Adapter(adapter).shares());
    }

    function _check(uint256 i, uint256 seed) private {
        for (uint256 step; step < STEPS; ++step) {
            seed = uint256(keccak256(abi.encode(seed, step)));
            skip(bound(seed, 0, 40 days));
            if (seed & 2 == 0) _stir(i, seed >> 8);
            skip(bound(seed >> 128, 0, 10 days));
            uint256 reported = _venueAssets(i);
            assertEq(reported, _truth(i), "the adapter's report before, the protocol's balance after its accrual");
            assertEq(_venueAssets(i), reported, "its own accrual changes nothing");
        }
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_aaveReportIsTheATokensBalance(uint256 seed) public {
        _check(AAVE, seed);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_cometReportIsCometsBalance(uint256 seed) public {
        _check(COMET, seed);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_morphoReportIsTheMarketsAfterAccrual(uint256 seed) public {
        _check(MORPHO_WETH, seed);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_savingsReportIsTheVaultsConversion(uint256 seed) public {
        _check(SAVINGS, seed);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_stataReportIsTheTokensConversion(uint256 seed) public {
        _check(STATA, seed);
    }
}
