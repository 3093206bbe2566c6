// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Router } from "../../../contracts/periphery/Router.sol";
import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { RouterFixture } from "./RouterFixture.sol";

/// @notice Keeps a hundredth of every transfer.
contract FeeToken is MockToken {
    constructor() MockToken(6) {}

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) _burn(to, amount / 100);
    }
}

/// @notice Answers every call that it does not know, as WETH does: a permit seems to work.
contract PhantomToken {
    mapping(address => mapping(address => uint256)) public allowance;

    fallback() external {}
}

/// @notice Leaves of Router.tree.
/// forge-config: default.isolate = true
contract RouterTest is RouterFixture {
    function _newSuccessor() private returns (Vault successor) {
        Guard otherGuard;
        (successor, otherGuard) = _newVault(address(token));
        vm.prank(owner);
        successor.setGuard(address(otherGuard));
        _fund(owner, SEED);
        vm.startPrank(owner);
        token.approve(address(successor), SEED);
        successor.deposit(SEED, DEAD);
        vm.stopPrank();
    }

    /* DEPOSIT */

    function test_deposit_givesTheReceiverWhatADirectDepositGives() public {
        uint256 expected = vault.previewDeposit(100 * UNIT);
        _ready(carol, 100 * UNIT);
        vm.prank(carol);
        uint256 shares = router.deposit(address(vault), 100 * UNIT, bob, expected, _soon());
        assertEq(shares, expected);
        assertEq(vault.balanceOf(bob), expected);
        assertEq(token.balanceOf(carol), 0);
        _checkEmpty();
    }

    function test_deposit_revertsWhereThePriceHasMoved() public {
        uint256 expected = vault.previewDeposit(100 * UNIT);
        _ready(carol, 100 * UNIT);
        _fund(address(vault), UNIT);
        uint256 shares = vault.previewDeposit(100 * UNIT);
        assertLt(shares, expected);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinimum.selector, shares, expected));
        vm.prank(carol);
        router.deposit(address(vault), 100 * UNIT, carol, expected, _soon());
    }

    function test_deposit_revertsAfterItsDeadline() public {
        uint256 deadline = _soon();
        _ready(carol, 100 * UNIT);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DeadlinePassed.selector, deadline, deadline + 1));
        vm.prank(carol);
        router.deposit(address(vault), 100 * UNIT, carol, 0, deadline);
    }

    function test_deposit_revertsWhereTheSharesWouldBeLost() public {
        _ready(carol, 100 * UNIT);
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadReceiver.selector, address(router)));
        vm.prank(carol);
        router.deposit(address(vault), 100 * UNIT, address(router), 0, deadline);
    }

    function test_deposit_revertsWithoutAnAllowance() public {
        _fund(carol, 100 * UNIT);
        uint256 deadline = _soon();
        vm.expectPartialRevert(SafeTransferLib.TransferFromFailed.selector);
        vm.prank(carol);
        router.deposit(address(vault), 100 * UNIT, carol, 0, deadline);
    }

    function test_deposit_revertsWhereTheTokenKeepsAFee() public {
        FeeToken fees = new FeeToken();
        MockVenue other = new MockVenue(address(fees));
        fees.mint(carol, 100 * UNIT);
        uint256 deadline = _soon();
        vm.startPrank(carol);
        fees.approve(address(router), 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeOnTransfer.selector, 100 * UNIT, 99 * UNIT));
        router.deposit(address(other), 100 * UNIT, carol, 0, deadline);
        vm.stopPrank();
    }

    function test_deposit_ofDustCostsNoMoreThanTheDust() public {
        _ready(carol, 1);
        vm.prank(carol);
        router.deposit(address(vault), 1, carol, 0, _soon());
        assertLe(vault.previewRedeem(vault.balanceOf(carol)), 1);
        _checkEmpty();
    }

    /* MINT */

    function test_mint_takesWhatTheSharesCostAndNoMore() public {
        uint256 shares = vault.previewDeposit(100 * UNIT) - 12345;
        uint256 cost = vault.previewMint(shares);
        _ready(carol, 200 * UNIT);
        vm.prank(carol);
        uint256 assets = router.mint(address(vault), shares, bob, cost, _soon());
        assertEq(assets, cost);
        assertEq(vault.balanceOf(bob), shares);
        assertEq(token.balanceOf(carol), 200 * UNIT - cost);
        _checkEmpty();
    }

    function test_mint_revertsWhereItCostsMore() public {
        uint256 shares = vault.previewDeposit(100 * UNIT);
        uint256 cost = vault.previewMint(shares);
        _ready(carol, 200 * UNIT);
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AboveMaximum.selector, cost, cost - 1));
        vm.prank(carol);
        router.mint(address(vault), shares, carol, cost - 1, deadline);
    }

    function test_mint_revertsAfterItsDeadlineAndForTheRouter() public {
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadReceiver.selector, address(router)));
        router.mint(address(vault), 1, address(router), 1, deadline);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DeadlinePassed.selector, deadline, deadline + 1));
        router.mint(address(vault), 1, carol, 1, deadline);
    }

    /* WITHDRAW AND REDEEM */

    function test_withdraw_paysExactlyAndCostsNoMoreThanAllowed() public {
        _enter(carol, 100 * UNIT);
        uint256 cost = vault.previewWithdraw(40 * UNIT);
        uint256 deadline = _soon();
        vm.prank(carol);
        assertEq(router.withdraw(address(vault), 40 * UNIT, bob, cost, deadline), cost);
        assertEq(token.balanceOf(bob), 40 * UNIT);

        cost = vault.previewWithdraw(40 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AboveMaximum.selector, cost, cost - 1));
        vm.prank(carol);
        router.withdraw(address(vault), 40 * UNIT, bob, cost - 1, deadline);
        _checkEmpty();
    }

    function test_redeem_paysAtLeastTheMinimum() public {
        uint256 shares = _enter(carol, 100 * UNIT);
        uint256 worth = vault.previewRedeem(shares / 2);
        uint256 deadline = _soon();
        vm.prank(carol);
        assertEq(router.redeem(address(vault), shares / 2, bob, worth, deadline), worth);
        assertEq(token.balanceOf(bob), worth);

        worth = vault.previewRedeem(shares / 4);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinimum.selector, worth, worth + 1));
        vm.prank(carol);
        router.redeem(address(vault), shares / 4, bob, worth + 1, deadline);
        _checkEmpty();
    }

    function test_redeem_ofEverythingTakesTheWholeBalance() public {
        uint256 shares = _enter(carol, 100 * UNIT);
        vm.prank(carol);
        router.redeem(address(vault), type(uint256).max, carol, 0, _soon());
        assertGt(shares, 0);
        assertEq(vault.balanceOf(carol), 0);
    }

    function test_exits_revertAfterTheirDeadlineAndForTheRouter() public {
        _enter(carol, 100 * UNIT);
        uint256 deadline = _soon();
        bytes memory lost = abi.encodeWithSelector(ErrorsLib.BadReceiver.selector, address(router));
        VenueExit memory exit = _venueExit(address(adapters[0]), "", UNIT);
        vm.startPrank(carol);
        vm.expectRevert(lost);
        router.withdraw(address(vault), UNIT, address(router), type(uint256).max, deadline);
        vm.expectRevert(lost);
        router.redeem(address(vault), UNIT, address(router), 0, deadline);
        vm.expectRevert(lost);
        router.forceExit(exit, address(router), 0);
        skip(1);
        bytes memory late = abi.encodeWithSelector(ErrorsLib.DeadlinePassed.selector, deadline, deadline + 1);
        vm.expectRevert(late);
        router.withdraw(address(vault), UNIT, carol, type(uint256).max, deadline);
        vm.expectRevert(late);
        router.redeem(address(vault), UNIT, carol, 0, deadline);
        vm.expectRevert(late);
        router.migrate(address(vault), address(vault), UNIT, 0, deadline);
        vm.expectRevert(late);
        router.forceExit(exit, carol, 0);
        vm.expectRevert(late);
        router.exitInKind(exit, 0);
        vm.stopPrank();
    }

    /// @dev Whoever goes through the Router gets to the unit what whoever goes directly gets.
    function testFuzz_theRouterCostsNothing(uint256 assets, uint256 gift, uint256 part) public {
        assets = bound(assets, 1, 1e15 * UNIT);
        _fund(address(vault), bound(gift, 0, 1e12 * UNIT));
        _ready(carol, assets);
        uint256 expected = vault.previewDeposit(assets);
        uint256 deadline = _soon();
        vm.prank(carol);
        uint256 shares = router.deposit(address(vault), assets, carol, expected, deadline);
        assertEq(shares, expected);

        part = bound(part, 0, shares);
        expected = vault.previewRedeem(part);
        vm.startPrank(carol);
        vault.approve(address(router), type(uint256).max);
        assertEq(router.redeem(address(vault), part, bob, expected, deadline), expected);
        vm.stopPrank();
        assertEq(token.balanceOf(bob), expected);
        assertEq(vault.balanceOf(carol), shares - part);
        _checkEmpty();
    }

    /* PERMIT */

    function test_permit_andDepositAreOneCall() public {
        _fund(carol, 100 * UNIT);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(address(token), 100 * UNIT, _soon());
        calls[1] = abi.encodeCall(router.deposit, (address(vault), 100 * UNIT, carol, 0, _soon()));
        vm.prank(carol);
        router.multicall(calls);
        assertGt(vault.balanceOf(carol), 0);
    }

    function test_permit_ofSharesAndRedemptionAreOneCall() public {
        uint256 shares = _deposit(carol, 100 * UNIT);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(address(vault), shares, _soon());
        calls[1] = abi.encodeCall(router.redeem, (address(vault), shares, carol, 0, _soon()));
        vm.prank(carol);
        router.multicall(calls);
        assertApproxEqAbs(token.balanceOf(carol), 100 * UNIT, 1);
    }

    function test_permit_thatSomebodySentFirstDoesNotStopTheCall() public {
        _fund(carol, 100 * UNIT);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(address(token), 100 * UNIT, _soon());
        calls[1] = abi.encodeCall(router.deposit, (address(vault), 100 * UNIT, carol, 0, _soon()));
        (uint8 v, bytes32 r, bytes32 s) = _sign(address(token), 100 * UNIT, _soon());
        vm.prank(bob);
        token.permit(carol, address(router), 100 * UNIT, _soon(), v, r, s);
        vm.prank(carol);
        router.multicall(calls);
        assertGt(vault.balanceOf(carol), 0);
    }

    function test_permit_thatHasExpiredIsRefusedUnlessTheAllowanceSuffices() public {
        uint256 deadline = _soon();
        (uint8 v, bytes32 r, bytes32 s) = _sign(address(token), 100 * UNIT, deadline);
        skip(1);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PermitFailed.selector, address(token), 0, 100 * UNIT));
        router.permit(address(token), 100 * UNIT, deadline, v, r, s);
        token.approve(address(router), 100 * UNIT);
        router.permit(address(token), 100 * UNIT, deadline, v, r, s);
        vm.stopPrank();
    }

    function test_permit_ofAnotherIsRefused() public {
        uint256 deadline = _soon();
        (uint8 v, bytes32 r, bytes32 s) = _sign(address(token), 100 * UNIT, deadline);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PermitFailed.selector, address(token), 0, 100 * UNIT));
        vm.prank(bob);
        router.permit(address(token), 100 * UNIT, deadline, v, r, s);
    }

    function test_permit_thatOnlySeemsToWorkIsRefused() public {
        address phantom = address(new PhantomToken());
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PermitFailed.selector, phantom, 0, 1));
        router.permit(phantom, 1, deadline, 0, 0, 0);
    }

    /* MIGRATE */

    function test_migrate_movesEverythingIntoTheSuccessor() public {
        Vault successor = _newSuccessor();
        uint256 shares = _enter(carol, 100 * UNIT);
        uint256 expected = successor.previewDeposit(vault.previewRedeem(shares));
        uint256 deadline = _soon();
        vm.prank(carol);
        uint256 got = router.migrate(address(vault), address(successor), type(uint256).max, expected, deadline);
        assertEq(got, expected);
        assertEq(successor.balanceOf(carol), expected);
        assertEq(vault.balanceOf(carol), 0);
        assertEq(token.balanceOf(carol), 0);
        _checkEmpty();
    }

    function test_migrate_revertsWhereTheSuccessorGivesLess() public {
        Vault successor = _newSuccessor();
        uint256 shares = _enter(carol, 100 * UNIT);
        uint256 expected = successor.previewDeposit(vault.previewRedeem(shares));
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinimum.selector, expected, expected + 1));
        vm.prank(carol);
        router.migrate(address(vault), address(successor), shares, expected + 1, deadline);
    }

    function test_migrate_revertsWhereTheAssetIsAnother() public {
        MockToken other = new MockToken(6);
        (Vault successor, ) = _newVault(address(other));
        uint256 shares = _enter(carol, 100 * UNIT);
        uint256 deadline = _soon();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(other)));
        vm.prank(carol);
        router.migrate(address(vault), address(successor), shares, 0, deadline);
    }

    /* WHAT LIES THERE BY MISTAKE */

    function test_strayAssetsMoveInNoCall() public {
        _fund(address(router), 77 * UNIT);
        _ready(carol, 300 * UNIT);
        uint256 deadline = _soon();
        vm.startPrank(carol);
        vault.approve(address(router), type(uint256).max);
        uint256 shares = router.deposit(address(vault), 100 * UNIT, carol, 0, deadline);
        router.mint(address(vault), shares / 2, carol, type(uint256).max, deadline);
        router.withdraw(address(vault), 10 * UNIT, carol, type(uint256).max, deadline);
        router.migrate(address(vault), address(vault), shares / 4, 0, deadline);
        router.redeem(address(vault), type(uint256).max, carol, 0, deadline);
        vm.stopPrank();
        assertEq(token.balanceOf(address(router)), 77 * UNIT);
        assertLe(token.balanceOf(carol), 300 * UNIT);
    }

    /* WITHOUT A LENDER */

    function test_exitInKind_isNotOfferedWithoutALender() public {
        Router without = Router(Deployed.create("Router", abi.encode(address(0))));
        VenueExit memory exit = _venueExit(address(adapters[0]), "", UNIT);
        vm.expectRevert(ErrorsLib.NoFlashLender.selector);
        without.exitInKind(exit, 0);
    }
}
