// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IRedeemQueue } from "../../../contracts/interfaces/IRedeemQueue.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Deployed } from "../Deployed.sol";
import { RedeemQueueBase } from "./RedeemQueueBase.sol";

contract RedeemQueueTest is RedeemQueueBase {
    /* CONSTRUCTOR */

    function test_constructor_revertsForTheZeroVault() public {
        bytes memory code = bytes.concat(Deployed.creationCode("RedeemQueue"), abi.encode(address(0), MINIMUM));
        _expectCreationRevert(code, abi.encodeWithSelector(ErrorsLib.ZeroAddress.selector));
    }

    function test_constructor_revertsForAMinimumOfZero() public {
        bytes memory code = bytes.concat(Deployed.creationCode("RedeemQueue"), abi.encode(address(vault), 0));
        _expectCreationRevert(code, abi.encodeWithSelector(ErrorsLib.RequestTooSmall.selector, 0, 1));
    }

    function test_constructor_takesTheVaultsAsset() public view {
        assertEq(queue.asset(), address(token));
        assertEq(queue.share(), address(vault));
        assertEq(queue.minRequestAssets(), MINIMUM);
    }

    function test_interfaces() public view {
        assertTrue(queue.supportsInterface(0x01ffc9a7));
        assertTrue(queue.supportsInterface(0xe3bc4e65));
        assertTrue(queue.supportsInterface(0x620ee8e4));
        assertTrue(queue.supportsInterface(0x2f0a18c5));
        assertFalse(queue.supportsInterface(0xce3bbe50));
        assertFalse(queue.supportsInterface(0xffffffff));
        // The ids are what the standard says they are: of the very functions that are here.
        assertEq(
            bytes32(
                IRedeemQueue.requestRedeem.selector ^
                    IRedeemQueue.pendingRedeemRequest.selector ^
                    IRedeemQueue.claimableRedeemRequest.selector
            ),
            bytes32(bytes4(0x620ee8e4))
        );
        assertEq(
            bytes32(IRedeemQueue.setOperator.selector ^ IRedeemQueue.isOperator.selector),
            bytes32(bytes4(0xe3bc4e65))
        );
    }

    /* REQUEST */

    function test_requestRedeem_takesTheSharesAndQueues() public {
        uint256 shares = _shares(1_000 * UNIT);
        vm.expectEmit(address(queue));
        emit IRedeemQueue.RedeemRequest(bob, alice, 1, alice, shares);
        vm.prank(alice);
        uint256 id = queue.requestRedeem(shares, bob, alice);
        assertEq(id, 1);
        assertEq(queue.pendingRedeemRequest(1, bob), _shares(1_000 * UNIT));
        assertEq(queue.pendingRedeemRequest(1, alice), 0);
        assertEq(queue.claimableRedeemRequest(1, bob), 0);
        assertEq(vault.balanceOf(address(queue)), _shares(1_000 * UNIT));
        assertEq(queue.pendingShares(), _shares(1_000 * UNIT));
        assertApproxEqAbs(queue.pendingAssets(), 1_000 * UNIT, 1);

        assertEq(_request(bob, _shares(200 * UNIT)), 2);
        (, , , , uint256 next) = queue.requestOf(1);
        assertEq(next, 2);
        assertEq(queue.head(), 1);
    }

    function test_requestRedeem_revertsForTheZeroController() public {
        vm.prank(alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        queue.requestRedeem(1e21, address(0), alice);
    }

    function test_requestRedeem_revertsForAStrangerEvenWithAnAllowanceOnTheShares() public {
        vm.prank(alice);
        vault.approve(anyone, type(uint256).max);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        queue.requestRedeem(1e21, anyone, alice);
    }

    function test_requestRedeem_revertsBelowTheMinimum() public {
        uint256 shares = _shares(MINIMUM) - 1e12;
        uint256 worth = vault.convertToAssets(shares);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.RequestTooSmall.selector, worth, MINIMUM));
        queue.requestRedeem(shares, alice, alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.RequestTooSmall.selector, 0, MINIMUM));
        queue.requestRedeem(0, alice, alice);
    }

    function test_requestRedeem_revertsWithoutTheShares() public {
        uint256 held = vault.balanceOf(alice);
        vm.prank(alice);
        vm.expectPartialRevert(SafeTransferLib.TransferFromFailed.selector);
        queue.requestRedeem(held + 1, alice, alice);
        assertEq(queue.head(), 0);
    }

    function test_requestRedeem_operatorMayRequestAndClaim() public {
        vm.expectEmit(address(queue));
        emit IRedeemQueue.OperatorSet(alice, anyone, true);
        vm.prank(alice);
        assertTrue(queue.setOperator(anyone, true));
        vm.startPrank(anyone);
        uint256 shares = _shares(500 * UNIT);
        queue.requestRedeem(shares, alice, alice);
        queue.fill(1);
        queue.redeem(shares, anyone, alice);
        assertApproxEqAbs(token.balanceOf(anyone), 500 * UNIT, 1);
        vm.stopPrank();

        vm.prank(alice);
        queue.setOperator(anyone, false);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        queue.requestRedeem(shares, alice, alice);
    }

    /* FILL */

    function test_fill_fillsNothingWhereNothingWaits() public {
        (uint256 shares, uint256 assets) = queue.fill(10);
        assertEq(shares + assets, 0);
    }

    function test_fill_fillsNothingWhereTheVaultCanPayNothing() public {
        _dryUp(0);
        _request(alice, _shares(1_000 * UNIT));
        (uint256 shares, uint256 assets) = queue.fill(10);
        assertEq(shares + assets, 0);
        assertEq(queue.pendingShares(), _shares(1_000 * UNIT));
    }

    function test_fill_fillsInOrderAtOnePriceAndClaimsPayIt() public {
        _dryUp(0);
        uint256 first = _request(alice, _shares(30_000 * UNIT));
        uint256 second = _request(bob, _shares(10_000 * UNIT));
        venues[0].setFreeLiquidity(type(uint256).max);
        uint256 worth = vault.previewRedeem(_shares(40_000 * UNIT));
        vm.expectEmit(true, true, false, false, address(queue));
        emit EventsLib.FillRedeemRequest(alice, first, 0, 0);
        vm.prank(anyone);
        (uint256 shares, uint256 assets) = queue.fill(10);
        assertEq(shares, _shares(40_000 * UNIT));
        assertEq(assets, worth);
        assertEq(queue.head(), 0);
        assertEq(queue.unclaimedAssets(), worth);
        assertEq(_brought(first) + _brought(second), worth);
        assertApproxEqAbs(_brought(first), 3 * _brought(second), 3);
        assertEq(queue.maxWithdraw(alice), _brought(first));

        uint256 owed = _brought(first);
        vm.expectEmit(address(queue));
        emit IERC4626.Withdraw(alice, alice, alice, owed, _shares(30_000 * UNIT));
        vm.startPrank(alice);
        assertEq(queue.redeem(queue.maxRedeem(alice), alice, alice), owed);
        vm.stopPrank();
        assertEq(token.balanceOf(alice), owed);
        assertEq(queue.maxRedeem(alice), 0);
        (address controller, , , , ) = queue.requestOf(first);
        assertEq(controller, address(0));
    }

    function test_fill_fillsTheHeadInPartAndNobodyOvertakesIt() public {
        _dryUp(1_000 * UNIT);
        uint256 first = _request(alice, _shares(5_000 * UNIT));
        uint256 second = _request(bob, _shares(200 * UNIT));
        queue.fill(10);
        assertApproxEqAbs(_brought(first), 1_000 * UNIT, 2);
        assertEq(_brought(second), 0);
        assertEq(_waiting(second), _shares(200 * UNIT));
        assertEq(queue.head(), first);

        // Claimed in between: the rest is filled and claimed later.
        vm.startPrank(alice);
        queue.withdraw(queue.maxWithdraw(alice), alice, alice);
        vm.stopPrank();
        assertEq(queue.maxRedeem(alice), 0);
        venues[0].setFreeLiquidity(type(uint256).max);
        queue.fill(10);
        assertEq(queue.head(), 0);
        vm.startPrank(alice);
        queue.redeem(queue.maxRedeem(alice), alice, alice);
        assertApproxEqAbs(token.balanceOf(alice), 5_000 * UNIT, 3);
    }

    function test_fill_leavesAPartBelowTheMinimum() public {
        _dryUp(MINIMUM - 1);
        _request(alice, _shares(5_000 * UNIT));
        (uint256 shares, ) = queue.fill(10);
        assertEq(shares, 0);
    }

    function test_fill_touchesNoMoreRequestsThanAsked() public {
        for (uint256 i; i < 5; ++i) _request(alice, _shares(200 * UNIT));
        queue.fill(2);
        assertEq(queue.head(), 3);
        queue.fill(0);
        assertEq(queue.head(), 3);
        queue.fill(100);
        assertEq(queue.head(), 0);
    }

    function test_fill_paysThePriceOfTheFillNotOfTheRequest() public {
        _dryUp(0);
        uint256 id = _request(alice, _shares(10_000 * UNIT));
        venues[0].earn(50_000 * UNIT);
        skip(10 days);
        vault.accrue();
        venues[0].setFreeLiquidity(type(uint256).max);
        uint256 worth = vault.previewRedeem(_waiting(id));
        assertGt(worth, 10_050 * UNIT);
        queue.fill(1);
        assertEq(_brought(id), worth);
    }

    /* FILL AFTER A DROP */

    /// @dev Ten basis points: a drop to the queue, and too little to close the vault's entries.
    function _drop() private returns (uint256 lost) {
        lost = _loss(10);
        venues[0].lose(lost);
        assertTrue(vault.entriesOpen());
    }

    function test_fill_notesADropAndFillsOnceItLasts() public {
        _dryUp(150_000 * UNIT);
        uint256 id = _request(alice, _shares(10_000 * UNIT));
        _drop();
        uint256 best = queue.bestPrice();
        uint256 fallen = vault.convertToAssets(1e24);
        vm.expectEmit(address(queue));
        emit EventsLib.NotePriceDrop(best, fallen);
        (uint256 shares, ) = queue.fill(1);
        assertEq(shares, 0);
        assertEq(queue.droppedPrice(), fallen);

        skip(2 hours - 1);
        (shares, ) = queue.fill(1);
        assertEq(shares, 0);
        skip(1);
        uint256 worth = vault.previewRedeem(_waiting(id));
        (, uint256 assets) = queue.fill(1);
        assertEq(assets, worth);
        assertLt(worth, 10_000 * UNIT);
        assertEq(queue.droppedAt(), 0);
    }

    function test_fill_forgetsADropOnceABetterPriceIsSeen() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        uint256 lost = _drop();
        queue.fill(1);
        assertEq(queue.droppedAt(), vm.getBlockTimestamp());
        venues[0].earn(lost);
        skip(1 days);
        vault.accrue();
        (uint256 shares, ) = queue.fill(1);
        assertGt(shares, 0);
        assertEq(queue.droppedAt(), 0);
    }

    function test_fill_waitsAnewWhereThePriceFellFurther() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        _drop();
        queue.fill(1);
        skip(2 hours);
        _drop();
        (uint256 shares, ) = queue.fill(1);
        assertEq(shares, 0);
        assertEq(queue.droppedAt(), vm.getBlockTimestamp());
        skip(2 hours);
        (shares, ) = queue.fill(1);
        assertGt(shares, 0);
    }

    /* FILL WHILE ENTRIES ARE CLOSED */

    /// @dev A sudden loss may come back at once for a day. Only what is left of it after that is a price to leave at, and
    /// it is noted like any other drop.
    function test_fill_takesASuddenLossAfterADayAndADelay() public {
        _dryUp(150_000 * UNIT);
        uint256 id = _request(alice, _shares(10_000 * UNIT));
        venues[0].lose(venues[0].totalAssets() / 10);
        vault.accrue();
        assertFalse(vault.entriesOpen());
        for (uint256 i; i < 12; ++i) {
            (uint256 early, ) = queue.fill(1);
            assertEq(early, 0);
            assertEq(queue.droppedAt(), 0);
            skip(2 hours);
        }
        assertTrue(vault.entriesOpen());
        (uint256 shares, ) = queue.fill(1);
        assertEq(shares, 0);
        assertEq(queue.droppedAt(), vm.getBlockTimestamp());
        skip(2 hours);
        uint256 worth = vault.previewRedeem(_waiting(id));
        (, uint256 assets) = queue.fill(1);
        assertEq(assets, worth);
        assertLt(worth, 9_800 * UNIT);
    }

    function test_fill_paysASuddenLossThatCameBackInFull() public {
        _dryUp(150_000 * UNIT);
        uint256 id = _request(alice, _shares(10_000 * UNIT));
        uint256 owed = vault.previewRedeem(_waiting(id));
        uint256 lost = venues[0].totalAssets() / 10;
        venues[0].lose(lost);
        vault.accrue();
        skip(3 hours);
        queue.fill(1);
        venues[0].earn(lost);
        (, uint256 assets) = queue.fill(1);
        assertGe(assets, owed);
    }

    /// @dev Else a price that was noted before the vault closed would count as one that lasted.
    function test_fill_forgetsADropThatWasNotedBeforeEntriesClosed() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        _drop();
        queue.fill(1);
        assertEq(queue.droppedAt(), vm.getBlockTimestamp());
        uint256 lost = _loss(100);
        venues[0].lose(lost);
        vault.accrue();
        queue.fill(1);
        assertEq(queue.droppedAt(), 0);
        skip(3 hours);
        venues[0].earn(lost);
        (uint256 shares, ) = queue.fill(1);
        assertEq(shares, 0);
        assertEq(queue.droppedAt(), vm.getBlockTimestamp());
    }

    function test_requestRedeem_notesNoDropWhileEntriesAreClosed() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        uint256 best = queue.bestPrice();
        venues[0].lose(_loss(100));
        vault.accrue();
        _request(bob, _shares(10_000 * UNIT));
        assertEq(queue.bestPrice(), best);
        assertEq(queue.droppedAt(), 0);
    }

    function test_fill_takesALossWithinTheToleranceAtOnce() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        venues[0].lose((venues[0].totalAssets() * 3) / 1_000_000);
        (uint256 shares, ) = queue.fill(1);
        assertGt(shares, 0);
    }

    function test_requestRedeem_aloneStartsFromItsOwnPrice() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(10_000 * UNIT));
        queue.fill(1);
        _drop();
        _request(bob, _shares(10_000 * UNIT));
        (uint256 shares, ) = queue.fill(1);
        assertGt(shares, 0);
    }

    /* CANCEL */

    function test_cancel_givesBackAndClosesTheGap() public {
        uint256[5] memory ids;
        for (uint256 i; i < 5; ++i) ids[i] = _request(i % 2 == 0 ? alice : bob, _shares(200 * UNIT));
        uint256 held = vault.balanceOf(alice);
        vm.startPrank(alice);
        vm.expectEmit(address(queue));
        emit EventsLib.CancelRedeemRequest(alice, alice, ids[2], anyone, _shares(200 * UNIT));
        assertEq(queue.cancelRedeemRequest(ids[2], alice, anyone), _shares(200 * UNIT));
        queue.cancelRedeemRequest(ids[0], alice, alice);
        queue.cancelRedeemRequest(ids[4], alice, alice);
        vm.stopPrank();
        assertEq(vault.balanceOf(anyone), _shares(200 * UNIT));
        assertEq(vault.balanceOf(alice), held + 2 * _shares(200 * UNIT));
        assertEq(queue.head(), ids[1]);
        (, , , , uint256 next) = queue.requestOf(ids[1]);
        assertEq(next, ids[3]);
        (, , , , next) = queue.requestOf(ids[3]);
        assertEq(next, 0);
        // The tail is whole: what comes now is behind the last one.
        uint256 last = _request(alice, _shares(200 * UNIT));
        (, , , , next) = queue.requestOf(ids[3]);
        assertEq(next, last);
        queue.fill(10);
        assertEq(queue.pendingShares(), 0);
        assertEq(queue.maxRedeem(bob), 2 * _shares(200 * UNIT));
    }

    function test_cancel_keepsWhatIsFilled() public {
        _dryUp(1_000 * UNIT);
        uint256 id = _request(alice, _shares(5_000 * UNIT));
        (uint256 filled, uint256 assets) = queue.fill(1);
        vm.startPrank(alice);
        assertEq(queue.cancelRedeemRequest(id, alice, alice), _shares(5_000 * UNIT) - filled);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingPending.selector, id));
        queue.cancelRedeemRequest(id, alice, alice);
        assertEq(queue.redeem(filled, alice, alice), assets);
    }

    /// @dev Nothing of the vault but its share is asked.
    function test_cancel_worksWhileTheVaultIsBroken() public {
        _dryUp(50_000 * UNIT);
        uint256 shares = _shares(10_000 * UNIT);
        uint256 id = _request(alice, shares);
        venues[0].setBroken(true);
        vm.expectRevert(bytes("broken"));
        queue.fill(1);
        uint256 held = vault.balanceOf(alice);
        vm.prank(alice);
        assertEq(queue.cancelRedeemRequest(id, alice, alice), shares);
        assertEq(vault.balanceOf(alice), held + shares);
    }

    function test_cancel_revertsForStrangersAndOtherControllers() public {
        uint256 id = _request(alice, _shares(200 * UNIT));
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, bob));
        queue.cancelRedeemRequest(id, alice, bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingPending.selector, id));
        queue.cancelRedeemRequest(id, bob, bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingPending.selector, 77));
        queue.cancelRedeemRequest(77, bob, bob);
        vm.stopPrank();
        vm.prank(alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        queue.cancelRedeemRequest(id, alice, address(0));
    }

    /* CLAIM */

    function test_claims_revertForStrangersTooMuchAndTheZeroReceiver() public {
        uint256 shares = _shares(200 * UNIT);
        _request(alice, shares);
        (, uint256 assets) = queue.fill(1);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, bob));
        queue.redeem(shares, bob, alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, bob));
        queue.withdraw(assets, bob, alice);
        vm.stopPrank();
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotClaimable.selector, shares, shares + 1));
        queue.redeem(shares + 1, alice, alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotClaimable.selector, assets, assets + 1));
        queue.withdraw(assets + 1, alice, alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        queue.redeem(shares, address(0), alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        queue.withdraw(assets, address(0), alice);
    }

    function test_claims_takeTheOldestFirstEachAtItsOwnPrice() public {
        uint256 shares = _shares(10_000 * UNIT);
        uint256 first = _request(alice, shares);
        queue.fill(1);
        token.mint(address(vault), 20_000 * UNIT);
        skip(30 days);
        vault.accrue();
        uint256 second = _request(alice, shares);
        queue.fill(1);
        (uint256 low, uint256 high) = (_brought(first), _brought(second));
        assertGt(high, low);
        vm.startPrank(alice);
        assertEq(queue.redeem(shares, alice, alice), low);
        assertEq(queue.redeem(shares / 2, alice, alice), high / 2);
        assertEq(queue.withdraw(high - high / 2, alice, alice), shares - shares / 2);
        assertEq(queue.unclaimedAssets(), 0);
    }

    function test_claims_goOnWhileTheVaultIsBroken() public {
        _dryUp(50_000 * UNIT);
        uint256 shares = _shares(10_000 * UNIT);
        _request(alice, shares);
        queue.fill(1);
        venues[0].setBroken(true);
        vm.expectRevert(bytes("broken"));
        vault.totalAssets();
        vm.startPrank(alice);
        queue.redeem(shares, alice, alice);
        assertApproxEqAbs(token.balanceOf(alice), 10_000 * UNIT, 1);
    }

    function test_previewsOfClaimsRevert() public {
        vm.expectRevert(ErrorsLib.NoPreview.selector);
        queue.previewRedeem(1);
        vm.expectRevert(ErrorsLib.NoPreview.selector);
        queue.previewWithdraw(0);
    }

    function test_multicall_fillsAndClaimsAtOnce() public {
        uint256 shares = _shares(1_000 * UNIT);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(queue.requestRedeem, (shares, alice, alice));
        calls[1] = abi.encodeCall(queue.fill, (1));
        calls[2] = abi.encodeCall(queue.redeem, (shares, alice, alice));
        vm.prank(alice);
        queue.multicall(calls);
        assertApproxEqAbs(token.balanceOf(alice), 1_000 * UNIT, 1);
    }

    /* DEPOSIT */

    function test_deposits_passOnToTheVault() public {
        token.mint(anyone, 2_000 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(queue), type(uint256).max);
        uint256 expected = queue.previewDeposit(1_000 * UNIT);
        vm.expectEmit(address(queue));
        emit IERC4626.Deposit(anyone, bob, 1_000 * UNIT, expected);
        uint256 before = vault.balanceOf(bob);
        assertEq(queue.deposit(1_000 * UNIT, bob), expected);
        assertEq(vault.balanceOf(bob), before + expected);
        uint256 cost = queue.previewMint(5e20);
        assertEq(queue.mint(5e20, anyone), cost);
        assertEq(vault.balanceOf(anyone), 5e20);
        assertEq(token.balanceOf(address(queue)), 0);
        assertEq(token.allowance(address(queue), address(vault)), 0);
        assertEq(queue.totalAssets(), vault.totalAssets());
        assertEq(queue.maxDeposit(bob), vault.maxDeposit(bob));
        assertEq(queue.maxMint(bob), vault.maxMint(bob));
        assertEq(queue.convertToAssets(1e18), vault.convertToAssets(1e18));
        assertEq(queue.convertToShares(1e6), vault.convertToShares(1e6));
    }

    /* FUZZ */

    /// @dev However a fill is split and claimed, exactly what was received is paid, and nothing is left.
    function testFuzz_claimsPayExactlyWhatWasReceived(
        uint256 first,
        uint256 second,
        uint256 gain,
        uint256 liquidity,
        uint256 part
    ) public {
        first = bound(first, _shares(MINIMUM) + 1e12, vault.balanceOf(alice));
        second = bound(second, _shares(MINIMUM) + 1e12, vault.balanceOf(bob));
        _dryUp(0);
        _request(alice, first);
        _request(bob, second);
        venues[0].earn(bound(gain, 0, 1_000_000 * UNIT));
        skip(3 days);
        venues[0].setFreeLiquidity(bound(liquidity, 0, 200_000 * UNIT));
        queue.fill(2);
        venues[0].setFreeLiquidity(type(uint256).max);
        queue.fill(2);
        assertEq(queue.pendingShares(), 0);
        assertEq(queue.unclaimedAssets(), token.balanceOf(address(queue)));

        uint256 owed = queue.maxWithdraw(alice);
        vm.startPrank(alice);
        uint256 paid = queue.redeem(bound(part, 0, first), alice, alice);
        uint256 rest = queue.maxWithdraw(alice);
        paid += rest;
        queue.withdraw(rest / 3, alice, alice);
        queue.redeem(queue.maxRedeem(alice), alice, alice);
        vm.stopPrank();
        assertEq(paid, owed);
        assertEq(token.balanceOf(alice), owed);
        assertEq(queue.maxRedeem(alice) + queue.maxWithdraw(alice), 0);
        vm.startPrank(bob);
        queue.redeem(queue.maxRedeem(bob), bob, bob);
        vm.stopPrank();
        assertEq(token.balanceOf(address(queue)), 0);
        assertEq(vault.balanceOf(address(queue)), 0);
    }

    function _expectCreationRevert(bytes memory code, bytes memory expected) private {
        address created;
        bytes memory data;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            data := mload(0x40)
            mstore(data, returndatasize())
            returndatacopy(add(data, 0x20), 0, returndatasize())
            mstore(0x40, add(data, and(add(returndatasize(), 0x3f), not(0x1f))))
        }
        assertEq(created, address(0));
        assertEq(data, expected);
    }
}
