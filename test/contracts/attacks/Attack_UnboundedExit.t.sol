// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { RouterFixture } from "../periphery/RouterFixture.sol";

/// @notice ERC-4626 asks a leaver for no bound (incident 22: Blackthorn M-1, yAcademy M-2). Between signing and landing the
/// price can move, by a venue's loss or by somebody's doing; the Router's bounds and deadline are what the person signs.
/// forge-config: default.isolate = true
contract Attack_UnboundedExit is RouterFixture {
    uint256 private shares;
    uint256 private worth;

    function setUp() public override {
        super.setUp();
        shares = _enter(carol, 1_000 * UNIT);
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", 900 * UNIT);
        worth = vault.previewRedeem(shares);
    }

    /// @dev Takes `bps` of what the venue holds.
    function _lose(uint256 bps) private {
        venues[0].lose((venues[0].totalAssets() * bps) / 10_000);
    }

    function test_aDirectExitAfterALossPaysLessThanWasSigned() public {
        _lose(100);
        vm.prank(carol);
        uint256 paid = vault.redeem(shares, carol, carol);
        assertLt(paid, worth - (worth * 80) / 10_000);
    }

    function test_theRouterRefusesItAndTheSharesStay() public {
        _lose(100);
        uint256 deadline = _soon();
        uint256 minimum = worth - worth / 1_000;
        vm.prank(carol);
        vm.expectPartialRevert(ErrorsLib.BelowMinimum.selector);
        router.redeem(address(vault), shares, carol, minimum, deadline);
        uint256 most = vault.previewWithdraw(100 * UNIT);
        vm.prank(carol);
        vm.expectPartialRevert(ErrorsLib.AboveMaximum.selector);
        router.withdraw(address(vault), 100 * UNIT, carol, most - 1, deadline);
        assertEq(vault.balanceOf(carol), shares);
    }

    function test_anOldExitDoesNotLandAtALaterPrice() public {
        uint256 deadline = _soon() + 5 minutes;
        skip(5 minutes + 1);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DeadlinePassed.selector, deadline, deadline + 1));
        router.redeem(address(vault), shares, carol, 0, deadline);
    }

    /// @dev Whatever the loss is, through the Router nobody gets less than the minimum that was signed.
    function testFuzz_noExitThroughTheRouterPaysLessThanItsMinimum(uint256 lossBps, uint256 toleranceBps) public {
        _lose(bound(lossBps, 0, 5_000));
        uint256 minimum = worth - (worth * bound(toleranceBps, 0, 5_000)) / 10_000;
        uint256 deadline = _soon();
        vm.prank(carol);
        try router.redeem(address(vault), shares, carol, minimum, deadline) {
            assertGe(token.balanceOf(carol), minimum);
            assertEq(vault.balanceOf(carol), 0);
        } catch {
            assertEq(token.balanceOf(carol), 0);
            assertEq(vault.balanceOf(carol), shares);
        }
    }

    /// @dev A gift ahead of a deposit makes its shares fewer; what was signed holds.
    function test_aDepositBehindAGiftIsRefused() public {
        _ready(bob, 100 * UNIT);
        uint256 expected = vault.previewDeposit(100 * UNIT);
        _fund(address(vault), 10 * UNIT);
        uint256 deadline = _soon();
        vm.prank(bob);
        vm.expectPartialRevert(ErrorsLib.BelowMinimum.selector);
        router.deposit(address(vault), 100 * UNIT, bob, expected, deadline);
        assertEq(token.balanceOf(bob), 100 * UNIT);
    }
}
