// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockLossVenue } from "../mocks/MockVenue.sol";

/// @notice MetaMorpho 1.1 and Euler Earn keep their price flat after a loss: who leaves first takes the full price, who
/// leaves last finds nothing (SigmaPrime EUL-01, Pashov L-13). A vault over them must not pass that race on.
/// forge-config: default.isolate = true
contract Attack_HiddenLoss is Fixture {
    MockLossVenue private target;
    uint256 private constant EACH = 500_000 * UNIT;

    function setUp() public override {
        super.setUp();
        _deposit(alice, EACH);
        _deposit(bob, EACH);
        target = new MockLossVenue(address(token));
        _fund(anyone, 1_000_000 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(target), 1_000_000 * UNIT);
        target.deposit(1_000_000 * UNIT, anyone);
        vm.stopPrank();
        adapters[0] = _newErc4626Adapter(address(vault), address(target));
        _asCurator(abi.encodeCall(vault.addAdapter, (address(adapters[0]))));
        bytes32[2] memory ids = [_id(0), adapters[0].liquidityId("")];
        for (uint256 i; i < 2; ++i) {
            _asCurator(abi.encodeCall(vault.increaseAbsoluteCap, (ids[i], uint128(10_000_000 * UNIT))));
            _asCurator(abi.encodeCall(vault.increaseRelativeCap, (ids[i], uint64(WAD))));
        }
        _invest(0, 400_000 * UNIT);
    }

    function _asCurator(bytes memory data) private {
        _submitAndExecute(address(vault), curator, data);
    }

    function test_whoLeavesFirstTakesNoMoreThanWhoLeavesLast() public {
        uint256 before = vault.convertToAssets(vault.balanceOf(alice));
        uint256 worth = adapters[0].realAssets();
        // A tenth of the target is gone; its price says nothing.
        target.loseHidden(target.totalAssets() / 10);
        assertEq(target.previewRedeem(adapters[0].shares()), worth);
        assertApproxEqAbs(adapters[0].realAssets(), worth - worth / 10, 2);

        uint256 first = vault.convertToAssets(vault.balanceOf(alice));
        assertApproxEqRel(before - first, 20_000 * UNIT, 0.001e18);
        uint256 shares = vault.balanceOf(alice);
        vm.prank(alice);
        uint256 paid = vault.redeem(shares, alice, alice);
        assertLe(paid, first);
        assertApproxEqAbs(vault.convertToAssets(vault.balanceOf(bob)), paid, 10);
    }

    /// @dev The target lies and has no such function: a sentinel marks it down. Who stays loses nothing to who leaves.
    function test_aMarkStopsTheRaceWhereTheVenueSaysNothing() public {
        uint256 price = vault.convertToAssets(1e18);
        vm.prank(sentinel);
        adapters[0].decreaseMark(0.5e18);
        uint256 marked = vault.convertToAssets(1e18);
        assertApproxEqRel(marked, (price * 8) / 10, 0.001e18);
        uint256 shares = vault.balanceOf(alice);
        vm.prank(alice);
        vault.redeem(shares, alice, alice);
        assertGe(vault.convertToAssets(1e18), marked);
    }

    /// @dev Losses that were booked before the vault came are not bought.
    function test_aVenueThatHidesALossIsNotEntered() public {
        target.loseHidden(100_000 * UNIT);
        Plan memory plan = _plan(_leg(0, true, 10_000 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.ShortCredit.selector);
        guard.rebalance(plan);
    }
}
