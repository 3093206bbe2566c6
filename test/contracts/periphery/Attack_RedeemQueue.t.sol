// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { RedeemQueueBase } from "./RedeemQueueBase.sol";

/// @notice Pushes the price down, fills the queue and lifts the price again, inside one transaction.
contract DipFiller {
    function run(MockVenue venue, RedeemQueue queue, uint256 dip) external returns (uint256 shares) {
        venue.lose(dip);
        (shares, ) = queue.fill(100);
        venue.earn(dip);
    }
}

/// @notice Takes nothing: a controller that no payment can be pushed to.
contract Refuser {
    function ask(Vault vault, RedeemQueue queue, uint256 shares) external {
        vault.approve(address(queue), shares);
        queue.requestRedeem(shares, address(this), address(this));
    }
}

/// @notice Tells the receiver of a transfer, as an ERC-777 does, and can keep a part of what moves.
contract HookedFeeToken is MockToken {
    address public told;
    bytes[] public tries;
    uint256 public refused;
    uint256 public passed;
    uint256 public feeBps;

    constructor() MockToken(6) {}

    function tell(address target, bytes[] calldata calls) external {
        told = target;
        for (uint256 i; i < calls.length; ++i) tries.push(calls[i]);
    }

    function setFeeBps(uint256 bps) external {
        feeBps = bps;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        if (feeBps != 0) _burn(to, (amount * feeBps) / 10_000);
        return true;
    }

    function _afterTokenTransfer(address, address, uint256) internal override {
        address target = told;
        if (target == address(0)) return;
        told = address(0);
        for (uint256 i; i < tries.length; ++i) {
            (bool success, bytes memory result) = target.call(tries[i]);
            if (!success && bytes4(result) == ErrorsLib.Reentered.selector) ++refused;
            else ++passed;
        }
    }
}

contract Attack_RedeemQueue is RedeemQueueBase {
    /// @dev Thousands of the smallest requests ahead of one holder: each costs its maker the minimum, every fill is bounded
    /// by the caller, and the holder gets everything once they are through.
    function test_manySmallRequestsOnlyCostFills() public {
        uint256 crowd = 2_000;
        _deposit(anyone, (crowd + 1) * MINIMUM);
        _approve(anyone);
        uint256 small = _shares(MINIMUM) + 1e12;
        vm.startPrank(anyone);
        for (uint256 i; i < crowd; ++i) queue.requestRedeem(small, anyone, anyone);
        vm.stopPrank();
        uint256 shares = _shares(50_000 * UNIT);
        uint256 id = _request(alice, shares);

        uint256 worst;
        while (queue.pendingShares() != 0) {
            uint256 gas = gasleft();
            queue.fill(100);
            gas -= gasleft();
            if (gas > worst) worst = gas;
        }
        assertLt(worst, 100 * 80_000 + 500_000);
        assertApproxEqAbs(_brought(id), 50_000 * UNIT, 2);
        // The crowd can claim in pieces of any size, too.
        vm.startPrank(anyone);
        queue.redeem(small * 10, anyone, anyone);
        assertApproxEqAbs(token.balanceOf(anyone), 10 * MINIMUM, 20);
    }

    /// @dev A cancelled request leaves no empty place to walk over.
    function test_requestsAndCancelsLeaveNothingBehind() public {
        uint256 shares = _shares(MINIMUM) + 1e12;
        for (uint256 i; i < 500; ++i) {
            uint256 id = _request(bob, shares);
            vm.prank(bob);
            queue.cancelRedeemRequest(id, bob, bob);
        }
        uint256 own = _request(alice, shares);
        assertEq(queue.head(), own);
        queue.fill(1);
        assertEq(queue.pendingShares(), 0);
    }

    /// @dev A receiver is only paid when it claims, so one that can't be paid blocks nobody.
    function test_aControllerThatTakesNothingBlocksNobody() public {
        Refuser refuser = new Refuser();
        uint256 shares = _shares(1_000 * UNIT);
        vm.prank(bob);
        vault.transfer(address(refuser), shares);
        refuser.ask(vault, queue, shares);
        uint256 id = _request(alice, shares);
        queue.fill(2);
        assertApproxEqAbs(_brought(id), 1_000 * UNIT, 2);
    }

    /// @dev While entries are closed nothing is filled, but who asks then has a price, too: a first request in a dip leaves no
    /// low mark beneath which later ones could be filled.
    function test_aRequestInADipWhileEntriesAreClosedLowersNobodysPrice() public {
        _dryUp(100_000 * UNIT);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[1]), 0);
        uint256 dip = venues[0].totalAssets() / 5;
        venues[0].lose(dip);
        _request(bob, _shares(2 * MINIMUM));
        venues[0].earn(dip);
        vault.accrue();
        skip(1 days);

        uint256 shares = _shares(50_000 * UNIT);
        uint256 id = _request(alice, shares);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.lift, (address(adapters[1]))));
        assertTrue(vault.entriesOpen());
        assertEq(new DipFiller().run(venues[0], queue, _loss(20)), 0);
        assertEq(_brought(id), 0);
    }

    /// @dev Fill at a price that the filler itself has pushed down: nothing is filled, in this transaction or in the next.
    function test_nobodyFillsOthersInHisOwnDip() public {
        _dryUp(100_000 * UNIT);
        uint256 shares = _shares(50_000 * UNIT);
        uint256 id = _request(alice, shares);
        uint256 owed = vault.previewRedeem(shares);
        DipFiller filler = new DipFiller();
        // One dip that closes the vault's entries, and one that is too small for it.
        uint256[2] memory dips = [venues[0].totalAssets() / 5, _loss(20)];
        for (uint256 i; i < 10; ++i) {
            assertEq(filler.run(venues[0], queue, dips[i % 2]), 0);
            skip(20 minutes);
        }
        // The vault takes its loss back at its own pace; then the honest price fills.
        vault.accrue();
        skip(1 days);
        queue.fill(1);
        assertGe(_brought(id), owed);
    }

    /// @dev The next honest look forgets what was noted in a dip, so that waiting between two dips gains nothing.
    function test_aLookBetweenTwoDipsForgetsTheFirst() public {
        _dryUp(0);
        _request(alice, _shares(50_000 * UNIT));
        DipFiller filler = new DipFiller();
        uint256 dip = _loss(20);
        assertEq(filler.run(venues[0], queue, dip), 0);
        assertNotEq(queue.droppedAt(), 0);
        skip(1 days);
        vault.accrue();
        queue.fill(0);
        assertEq(queue.droppedAt(), 0);
        venues[0].setFreeLiquidity(type(uint256).max);
        skip(2 hours);
        assertEq(filler.run(venues[0], queue, dip), 0);
    }

    /// @dev Within one transaction, small dips don't add up to a large one.
    function test_smallDipsDoNotAddUp() public {
        _dryUp(150_000 * UNIT);
        _request(alice, _shares(1_000 * UNIT));
        _request(alice, _shares(1_000 * UNIT));
        _request(alice, _shares(1_000 * UNIT));
        uint256 dip = (venues[0].totalAssets() * 8) / 100_000;
        uint256 best = queue.bestPrice();
        uint256 filled;
        for (uint256 i; i < 100; ++i) {
            venues[0].lose(dip);
            (uint256 shares, uint256 assets) = queue.fill(1);
            if (shares == 0) continue;
            ++filled;
            assertGe(assets * 1e24, (shares * best * 9_995) / 10_000 - 1e24);
        }
        assertGt(filled, 0);
        assertEq(queue.bestPrice(), best);
    }

    /// @dev Shares and assets that are merely sent here belong to nobody.
    function test_donationsAreNobodys() public {
        uint256 gift = _shares(5_000 * UNIT);
        vm.prank(bob);
        vault.transfer(address(queue), gift);
        token.mint(address(queue), 7_000 * UNIT);
        uint256 shares = _shares(1_000 * UNIT);
        _request(alice, shares);
        (uint256 filled, uint256 assets) = queue.fill(10);
        assertEq(filled, shares);
        assertEq(queue.maxWithdraw(alice), assets);
        (filled, ) = queue.fill(10);
        assertEq(filled, 0);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotClaimable.selector, assets, assets + 1));
        queue.withdraw(assets + 1, alice, alice);
        queue.withdraw(assets, alice, alice);
        vm.stopPrank();
        assertEq(vault.balanceOf(address(queue)), gift);
        assertEq(token.balanceOf(address(queue)), 7_000 * UNIT);
    }

    /// @dev Every door of the queue is shut while it fills or pays.
    function test_reentryFromVenueAndAssetIsRefused() public {
        bytes[] memory doors = new bytes[](7);
        doors[0] = abi.encodeCall(queue.fill, (10));
        doors[1] = abi.encodeCall(queue.redeem, (0, alice, alice));
        doors[2] = abi.encodeCall(queue.withdraw, (0, alice, alice));
        doors[3] = abi.encodeCall(queue.requestRedeem, (1e21, alice, alice));
        doors[4] = abi.encodeCall(queue.cancelRedeemRequest, (1, alice, alice));
        doors[5] = abi.encodeCall(queue.deposit, (1, alice));
        doors[6] = abi.encodeCall(queue.mint, (1, alice));

        _dryUp(0);
        venues[0].setFreeLiquidity(type(uint256).max);
        for (uint256 i; i < doors.length; ++i) {
            uint256 shares = _shares(200 * UNIT);
            _request(alice, shares);
            venues[0].setCallback(address(queue), doors[i]);
            (uint256 filled, ) = queue.fill(10);
            assertEq(filled, shares);
            assertFalse(venues[0].callbackSucceeded());
            assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        }
    }

    /// @dev The same from the asset, at a deposit through the queue.
    function test_reentryFromAHookOfTheAssetIsRefused() public {
        (HookedFeeToken hooked, RedeemQueue own) = _hooked();
        bytes[] memory doors = new bytes[](5);
        doors[0] = abi.encodeCall(own.fill, (10));
        doors[1] = abi.encodeCall(own.redeem, (0, anyone, anyone));
        doors[2] = abi.encodeCall(own.withdraw, (0, anyone, anyone));
        doors[3] = abi.encodeCall(own.requestRedeem, (1e21, anyone, anyone));
        doors[4] = abi.encodeCall(own.deposit, (1, anyone));
        hooked.tell(address(own), doors);
        vm.prank(anyone);
        try own.deposit(1_000 * UNIT, anyone) {} catch {}
        assertEq(hooked.passed(), 0);
    }

    /// @dev A token that begins to take a fee can't make the vault be paid with what others have to claim.
    function test_aDepositThatArrivesShortIsRefused() public {
        (HookedFeeToken hooked, RedeemQueue own) = _hooked();
        hooked.mint(address(own), 5_000 * UNIT);
        hooked.setFeeBps(100);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 990 * UNIT, 1_000 * UNIT));
        own.deposit(1_000 * UNIT, anyone);
    }

    function _hooked() private returns (HookedFeeToken hooked, RedeemQueue own) {
        hooked = new HookedFeeToken();
        (Vault ownVault, Guard ownGuard) = _newVault(address(hooked));
        vm.prank(owner);
        ownVault.setGuard(address(ownGuard));
        own = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(ownVault), MINIMUM)));
        hooked.mint(anyone, 10_000 * UNIT);
        vm.prank(anyone);
        hooked.approve(address(own), type(uint256).max);
    }
}
