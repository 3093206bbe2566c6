// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { Leg } from "../../../contracts/interfaces/IGuard.sol";
import { UniswapFixture } from "../uniswap/UniswapFixture.sol";

/// @notice Incident 16: positions valued at `slot0`, which anyone moves for the price of a swap. Here a swap around an entry,
/// an exit or both changes no price of the vault, but for the fees that it pays to the vault.
/// forge-config: default.isolate = true
contract Attack_SpotValuation is UniswapFixture {
    function setUp() public override {
        super.setUp();
        _fund(alice, 1_000_000 * one);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(1_000_000 * one, alice);
        vm.stopPrank();
        _rebalance(_plan(Leg(address(adapter), true, uint128(80_000 * one), _range(100))));
        trader.swapTo(priceGuard.oracle());
        _settlePrices();
        _fund(bob, 1_000_000 * one);
        vm.prank(bob);
        token.approve(address(vault), type(uint256).max);
        vault.accrue();
    }

    function testFuzz_aPushedPoolMovesNoSharePrice(uint256 to, uint256 assets) public {
        assets = bound(assets, one, 1_000_000 * one);
        uint256 entry = vault.previewDeposit(assets);
        uint256 exit = vault.previewRedeem(vault.balanceOf(alice));
        uint256 lost = (vault.recoverable() * vault.balanceOf(alice)) / vault.totalSupply();
        uint160 spot = _spot();
        trader.swapTo(uint160(bound(to, spot / 1_000, uint256(spot) * 1_000)));
        // Dearer by the fees paid, never cheaper; the exit price regains what the plan lost and follows no faster than the
        // maximum rate beyond that.
        assertLe(vault.previewDeposit(assets), entry);
        assertApproxEqRel(vault.previewDeposit(assets), entry, 0.00002e18);
        uint256 regained = (vault.recoverable() * vault.balanceOf(alice)) / vault.totalSupply();
        assertGe(vault.previewRedeem(vault.balanceOf(alice)), exit);
        assertLe(vault.previewRedeem(vault.balanceOf(alice)), exit + lost - regained + 1);
    }

    function testFuzz_enteringAndLeavingAroundAPushPaysNothing(uint256 to, uint256 assets) public {
        assets = bound(assets, one, 1_000_000 * one);
        uint160 spot = _spot();
        trader.swapTo(uint160(bound(to, spot / 1_000, uint256(spot) * 1_000)));
        vm.startPrank(bob);
        uint256 shares = vault.deposit(assets, bob);
        vm.stopPrank();
        trader.swapTo(spot);
        uint256 most = vault.maxRedeem(bob);
        if (most < shares) shares = most;
        vm.prank(bob);
        assertLe(vault.redeem(shares, bob, bob), assets);
    }

    /// @dev Held over blocks a push moves the mean, and then the lower price counts: the vault may look poorer for a while,
    /// never richer than by the oracle's price.
    function test_aPushThatIsHeldOverBlocksMakesNobodyRich() public {
        uint256 honest = adapter.realAssets();
        trader.swapTo(RangeMathLib.below(_spot(), 3_000));
        for (uint256 i; i < 10; ++i) {
            skip(12);
            assertLe(adapter.realAssets(), honest + honest / 1_000);
        }
        trader.swapTo(RangeMathLib.above(priceGuard.oracle(), 3_000));
        for (uint256 i; i < 20; ++i) {
            skip(12);
            assertLe(adapter.realAssets(), honest + honest / 1_000);
        }
    }
}
