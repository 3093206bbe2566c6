// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { RangeBounds } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { Feed, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { Leg } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { DevnetFixture } from "./DevnetFixture.sol";
import { FixedPrice } from "./Protocols.sol";

/// @dev A cheat code that this version of forge-std does not name.
interface Cooler {
    function cool(address target) external;
}

/// @notice Gas of whole transactions on the real protocols: 21,000 base and calldata included, refunds applied, interest
/// due at each call, performance fee of 10 % on, every venue held. What is measured is what is deployed (foundry.toml's
/// default profile). `npm run gas` writes snapshots/protocols.json and docs/gas.md.
/// forge-config: default.isolate = true
contract GasOnProtocolsTest is DevnetFixture {
    string private constant GROUP = "protocols";
    uint256 private constant EACH = 40_000 * UNIT;

    address private feeRecipient = makeAddr("feeRecipient");

    /// @dev The base fixture's vault serves for its venues' addresses only; every test here makes its own.
    function _addVenues() internal override {}

    /// @dev All whose exit is exact.
    function _exits() internal view override returns (ExitEntry[] memory exits) {
        uint256 count;
        exits = new ExitEntry[](venues.length);
        for (uint256 i; i < venues.length; ++i) {
            if (!IAdapter(venues[i].adapter).exact()) continue;
            exits[count++] = ExitEntry(venues[i].adapter, venues[i].data);
        }
        assembly ("memory-safe") {
            mstore(exits, count)
        }
    }

    function _start() private {
        _newVault();
        vm.startPrank(owner);
        vault.setFeeRecipient(feeRecipient);
        vault.increasePerformanceFee(1_000);
        vm.stopPrank();
    }

    /// @dev Opens the vault, puts the same amount into every venue and lets fees and interest fall due once.
    function _finish() private {
        _open();
        _deposit(alice, 1_000_000 * UNIT);
        for (uint256 i; i < venues.length; ++i) {
            _allocate(i, EACH);
        }
        skip(1 days);
        vault.accrue();
        // Both hold shares and asset already, as in the anchors' measurement, where a deposit costs too little over an
        // accrual for a first share: that writes a new slot.
        _fund(alice, UNIT);
        _deposit(bob, UNIT);
        _fund(bob, 10_000 * UNIT);
        vm.prank(bob);
        usdc.approve(address(vault), type(uint256).max);
        skip(1 hours);
    }

    /// @dev `count` new markets of Morpho Blue with an oracle each, 90 % lent.
    function _addMarkets(uint256 count) private {
        address adapter = _adapter("MorphoBlueAdapter", address(morpho));
        _giveWeth(whale, 10_000 ether);
        _fund(whale, 10_000_000 * UNIT);
        vm.startPrank(whale);
        weth.approve(address(morpho), type(uint256).max);
        usdc.approve(address(morpho), type(uint256).max);
        vm.stopPrank();
        for (uint256 i; i < count; ++i) {
            MarketParams memory params = MarketParams(
                address(usdc),
                address(weth),
                address(new FixedPrice(3_000e24)),
                irm,
                markets[0].lltv
            );
            vm.startPrank(whale);
            morpho.createMarket(params);
            morpho.supply(params, 500_000 * UNIT, 0, whale, "");
            morpho.supplyCollateral(params, 500 ether, whale, "");
            morpho.borrow(params, 450_000 * UNIT, 0, whale, whale);
            vm.stopPrank();
            _addVenue(adapter, abi.encode(params));
        }
    }

    function _snapshot(string memory operation, string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall(GROUP, string.concat(operation, ", ", name));
    }

    function _measure(string memory name) private {
        vm.prank(bob);
        vault.deposit(1_000 * UNIT, bob);
        _snapshot("deposit to idle", name);
        skip(1 hours);
        vm.prank(alice);
        vault.withdraw(1_000 * UNIT, alice, alice);
        _snapshot("withdraw from idle", name);
        skip(1 hours);
        vault.accrue();
        _snapshot("accrue", name);
        skip(1 hours);
        if (venues.length > 1) {
            Leg[] memory legs = new Leg[](2);
            legs[0] = _leg(0, false, 10_000 * UNIT);
            legs[1] = _leg(1, true, 10_000 * UNIT);
            _rebalance(legs);
            _snapshot("move between two venues, every bound", name);
            skip(1 hours);
        }
        vm.prank(alice);
        vault.forceExit(venues[0].adapter, venues[0].data, 1_000 * UNIT, alice, alice);
        _snapshot("forced exit", name);
        skip(1 hours);
        uint256 most = vault.idle() + 1_000 * UNIT;
        vm.prank(alice);
        vault.withdraw(most, alice, alice);
        _snapshot("withdraw that pulls one venue", name);
    }

    function _measureMarkets(uint256 count, string memory name) private {
        _start();
        _addMarkets(count);
        _finish();
        _measure(name);
    }

    function test_gasWith1Market() public {
        _measureMarkets(1, "1 market");
    }

    function test_gasWith5Markets() public {
        _measureMarkets(5, "5 markets");
    }

    function test_gasWith10Markets() public {
        _measureMarkets(10, "10 markets");
    }

    function test_gasOfAShareTransfer() public {
        _start();
        _addMarkets(1);
        _finish();
        vm.prank(alice);
        vault.transfer(makeAddr("carol"), 1e18);
        _snapshot("share transfer", "new holder");
        vm.prank(alice);
        vault.transfer(bob, 1e18);
        _snapshot("share transfer", "holder");
    }

    /// @dev What one more venue of the kind adds to an accrual: over one market, so that interest and fee are due in both.
    function _measureKind(string memory name, string memory adapter, address venue) private returns (uint256 added) {
        _start();
        _addMarkets(1);
        _finish();
        vault.accrue();
        uint256 without = vm.lastCallGas().gasTotalUsed - uint64(vm.lastCallGas().gasRefunded);
        _start();
        _addMarkets(1);
        bool isErc4626 = venue == address(savings);
        _addVenue(isErc4626 ? _erc4626Adapter(venue, address(0)) : _adapter(adapter, venue), "");
        _finish();
        vault.accrue();
        added = vm.lastCallGas().gasTotalUsed - uint64(vm.lastCallGas().gasRefunded) - without;
        vm.snapshotValue(GROUP, string.concat("accrual of ", name), added);
    }

    function test_gasOfAnAaveReserve() public {
        _measureKind("an Aave v3 reserve", "AaveV3Adapter", address(pool));
    }

    function test_gasOfAComet() public {
        _measureKind("a Comet", "CometAdapter", address(comet));
    }

    function test_gasOfAnErc4626() public {
        uint256 added = _measureKind("an ERC-4626 (OpenZeppelin)", "Erc4626Adapter", address(savings));
        // A view is no transaction of its own here, so what it touches is made cold by hand.
        Cooler(address(vm)).cool(address(savings));
        Cooler(address(vm)).cool(address(usdc));
        savings.previewRedeem(EACH);
        uint256 own = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue(GROUP, "accrual of an ERC-4626 (OpenZeppelin), its own previewRedeem", own);
        vm.snapshotValue(GROUP, "accrual of an ERC-4626 (OpenZeppelin), the rest", added - own);
    }

    /// @dev A range of 2 % around the price of the devnet's USDC/USDT pool.
    function _addRange() private {
        IUniswapV3Pool uniswapPool = IUniswapV3Pool(_address(".uniswap.pools[0].address"));
        (, int24 tick, , , , , ) = uniswapPool.slot0();
        Feed memory ofUsdc = Feed(_address(".feeds.usdcUsd"), 30 days, 0.5e8, 2e8);
        Feed memory ofUsdt = Feed(_address(".feeds.usdtUsd"), 30 days, 0.5e8, 2e8);
        bool usdcFirst = uniswapPool.token0() == address(usdc);
        PriceGuardConfig memory config = PriceGuardConfig({
            pool: address(uniswapPool),
            feed0: usdcFirst ? ofUsdc : ofUsdt,
            feed1: usdcFirst ? ofUsdt : ofUsdc,
            sequencerFeed: address(0),
            sequencerGraceSeconds: 0,
            twapSeconds: 30 minutes,
            blockSeconds: 60,
            maxSpotDeviationBps: 100,
            maxOracleDeviationBps: 100
        });
        address priceGuard = Deployed.create("PriceGuard", abi.encode(config));
        RangeBounds memory bounds = RangeBounds(tick - 2_000, tick + 2_000, 10, 4_000, 50);
        address adapter = Deployed.create("UniswapV3Adapter", abi.encode(vault, priceGuard, bounds));
        _addVenue(adapter, abi.encode(tick - 100, tick + 100));
    }

    function test_gasOfAMixedVaultOfFiveVenues() public {
        _start();
        _addVenue(_adapter("AaveV3Adapter", address(pool)), "");
        _addVenue(_adapter("CometAdapter", address(comet)), "");
        _addMarkets(1);
        _addVenue(_erc4626Adapter(address(savings), address(0)), "");
        _addRange();
        _finish();
        _measure("mixed vault");
    }
}
