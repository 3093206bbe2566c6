// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice Gains are smoothed, losses are live.
/// forge-config: default.isolate = true
contract PriceTest is Fixture {
    /// @dev 10 % and 200 % a year.
    uint256 private constant MIN_MAX_RATE = 0.1e18 / uint256(365 days);
    uint256 private constant MAX_MAX_RATE = 2e18 / uint256(365 days);
    uint256 private rate;

    function setUp() public override {
        super.setUp();
        rate = vault.maxRatePerSecondWad();
        _deposit(alice, 990 * UNIT); // with the seed, 1000
    }

    function test_gainComesInAtTheMaximumRate() public {
        token.mint(address(vault), 100 * UNIT);
        assertEq(vault.totalAssets(), 1100 * UNIT);
        assertEq(vault.pendingGain(), 100 * UNIT);
        assertEq(vault.convertToAssets(1e18), UNIT);

        skip(1 days);
        uint256 step = (1000 * UNIT * rate * 1 days) / WAD;
        assertEq(vault.pendingGain(), 100 * UNIT - step);
        vm.expectEmit(address(vault));
        emit EventsLib.Accrue(1000 * UNIT + step, 1100 * UNIT, 0);
        vault.accrue();
        assertEq(vault.storedAssets(), 1000 * UNIT + step);
        assertEq(vault.lastAccrualAt(), vm.getBlockTimestamp());

        skip(365 days);
        assertEq(vault.pendingGain(), 0);
        assertApproxEqAbs(vault.convertToAssets(1e18), 1_100_000, 1);
    }

    function test_entryPaysForGainsThatAreStillHeldBack() public {
        token.mint(address(vault), 100 * UNIT);
        uint256 shares = _deposit(bob, 1100 * UNIT);
        assertApproxEqAbs(shares, 1000e18, 1e12);
        // What bob can take at once is less than he paid.
        assertLt(vault.previewRedeem(shares), 1051 * UNIT);
    }

    function test_whoEntersBeforeADonationAndLeavesAfterADayGainsNoMoreThanAHolder() public {
        _deposit(bob, 1000 * UNIT);
        token.mint(address(vault), 100 * UNIT);
        skip(1 days);
        uint256 bobWorth = vault.previewRedeem(vault.balanceOf(bob));
        uint256 aliceWorth = vault.previewRedeem(vault.balanceOf(alice));
        assertApproxEqAbs(bobWorth * 990, aliceWorth * 1000, 1000);
        // At 200 % a year a day gives 0.55 %, whatever the donation.
        assertLt(bobWorth, 1006 * UNIT);
    }

    function test_lossCountsAtOnce() public {
        _invest(0, 500 * UNIT);
        venues[0].lose(venues[0].totalAssets() / 2);
        assertApproxEqAbs(vault.totalAssets(), 750 * UNIT, 2);
        assertApproxEqAbs(vault.convertToAssets(1e18), 750_000, 2);
        assertEq(vault.pendingGain(), 0);
        vault.accrue();
        assertApproxEqAbs(vault.storedAssets(), 750 * UNIT, 2);
    }

    function test_donationBeforeTheFirstDepositGivesNothingToItsGiver() public {
        (Vault fresh, Guard freshGuard) = _newVault(address(token));
        vm.prank(owner);
        fresh.setGuard(address(freshGuard));
        token.mint(address(fresh), 1_000_000 * UNIT);
        assertEq(fresh.pendingGain(), 1_000_000 * UNIT);

        // Who comes first has it, at the maximum rate. A giver has it back at best.
        _fund(bob, 1000 * UNIT);
        vm.startPrank(bob);
        token.approve(address(fresh), 1000 * UNIT);
        uint256 shares = fresh.deposit(1000 * UNIT, DEAD);
        assertEq(shares, 1000e18);
        assertLe(fresh.previewRedeem(shares), 1000 * UNIT);
        skip(3650 days);
        assertLe(fresh.previewRedeem(shares), 1_001_000 * UNIT);
    }

    function test_maximumRateChangesForTheFutureOnly() public {
        token.mint(address(vault), 100 * UNIT);
        skip(1 days);
        uint64 lower = uint64(MIN_MAX_RATE);
        vm.prank(curator);
        vault.submit(abi.encodeCall(vault.setMaxRate, (lower)));
        skip(3 days);
        vault.execute(abi.encodeCall(vault.setMaxRate, (lower)));
        uint256 stored = 1000 * UNIT + (1000 * UNIT * rate * 4 days) / WAD;
        assertEq(vault.storedAssets(), stored);
        assertEq(vault.maxRatePerSecondWad(), lower);
        skip(10 days);
        assertEq(vault.pendingGain(), 1100 * UNIT - stored - (stored * lower * 10 days) / WAD);
    }

    function test_maximumRateHasHardLimits() public {
        uint64 tooHigh = uint64(MAX_MAX_RATE + 1);
        uint64 tooLow = uint64(MIN_MAX_RATE - 1);
        vm.startPrank(curator);
        vault.submit(abi.encodeCall(vault.setMaxRate, (tooHigh)));
        vault.submit(abi.encodeCall(vault.setMaxRate, (tooLow)));
        vm.stopPrank();
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MaxRateOutOfBounds.selector, tooHigh));
        vault.execute(abi.encodeCall(vault.setMaxRate, (tooHigh)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MaxRateOutOfBounds.selector, tooLow));
        vault.execute(abi.encodeCall(vault.setMaxRate, (tooLow)));
    }

    function testFuzz_storedNeverExceedsLiveNorTheMaximumRate(
        uint256 gain,
        uint256 loss,
        uint256 first,
        uint256 second
    ) public {
        gain = bound(gain, 0, 1e18);
        first = bound(first, 0, 1000 days);
        second = bound(second, 0, 1000 days);
        token.mint(address(vault), gain);
        skip(first);
        vault.accrue();
        uint256 stored = vault.storedAssets();
        assertLe(stored, vault.totalAssets());
        assertLe(stored, 1000 * UNIT + (1000 * UNIT * rate * first) / WAD);
        token.burn(address(vault), bound(loss, 0, token.balanceOf(address(vault))));
        skip(second);
        vault.accrue();
        assertLe(vault.storedAssets(), vault.totalAssets());
        assertLe(vault.storedAssets(), stored + (stored * rate * second) / WAD);
    }
}

/// @notice What one transaction can do; not isolated, so that the whole test is one transaction.
contract PriceInOneTransactionTest is Fixture {
    function test_aDipMadeAndUndoneOpensNoCheapEntry() public {
        // The setup's first accrual latched the seed; entry follows deposits up.
        _deposit(alice, 990 * UNIT);
        token.burn(address(vault), 2 * UNIT);
        // Exit feels the loss at once ...
        assertEq(vault.convertToAssets(1e18), 998_000);
        // ... entry does not get cheaper in the same transaction.
        assertEq(vault.convertToShares(UNIT), 1e18);
        uint256 shares = _deposit(bob, 1000 * UNIT);
        assertEq(shares, 1000e18);
        token.mint(address(vault), 2 * UNIT);
        vm.prank(bob);
        assertLe(vault.redeem(shares, bob, bob), 1000 * UNIT);
    }

    function test_nothingIsAllocatedInATransactionInWhichSomebodyEntered() public {
        _deposit(alice, 990 * UNIT);
        Plan memory plan = _plan(_leg(0, true, 1));
        vm.prank(keeper);
        vm.expectRevert(ErrorsLib.AllocationAfterEntry.selector);
        guard.rebalance(plan);
    }
}
