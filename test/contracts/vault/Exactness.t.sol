// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vm } from "forge-std/Vm.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { MathLib } from "../../../contracts/libraries/MathLib.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// @notice Executes announced calldata and calls the same function again at once.
contract Repeater {
    function run(Vault target, bytes calldata data) external returns (bool again, bytes memory result) {
        target.execute(data);
        (again, result) = address(target).call(data);
    }
}

/// @notice Makes many calls in one transaction.
contract Steps {
    function run(address[] calldata targets, bytes[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory result) = targets[i].call(calls[i]);
            if (success) continue;
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

/// @notice The last unit, the last gate and the last second: what only an exact test tells from its neighbour.
/// forge-config: default.isolate = true
contract ExactnessTest is MockAdapterFixture {
    address private recipient = makeAddr("recipient");

    function test_theManagementFeeIsRoundedDown() public {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseManagementFee, (137)));
        uint256 stored = vault.storedAssets();
        uint256 shares = vault.totalSupply() + 1e12;
        for (uint256 seconds_ = 1; seconds_ < 1e5; seconds_ = seconds_ * 3 + 1) {
            uint256 snapshot = vm.snapshotState();
            skip(seconds_);
            uint256 due = stored * seconds_ * 137;
            uint256 whole = (stored + 1) * 10_000 * 365 days - due;
            assertNotEq(mulmod(shares, due, whole), 0, "a remainder to round");
            vault.accrue();
            assertEq(vault.unclaimedFeeShares(), MathLib.mulDivDown(shares, due, whole));
            vm.revertToState(snapshot);
        }
    }

    function test_onlyANewLossIsToldAsOne() public {
        _investMock(500 * UNIT);
        mock.setPosition(mock.realAssets() - 5 * UNIT);
        vm.recordLogs();
        vault.accrue();
        assertEq(_count(EventsLib.Recoverable.selector), 1);
        skip(1 hours);
        vault.accrue();
        assertEq(_count(EventsLib.Recoverable.selector), 0);
        assertGt(vault.recoverable(), 0);
    }

    function test_aReportThatFitsToTheUnitIsOne() public {
        _investMock(500 * UNIT);
        mock.setPosition(uint256(type(uint112).max) + 1);
        vm.prank(sentinel);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MarkTooHigh.selector, uint256(type(uint112).max) + 1, 500 * UNIT)
        );
        vault.quarantine(address(mock), uint128(type(uint112).max) + 1);
        mock.setPosition(type(uint112).max);
        _quarantine(mock, type(uint112).max);
        assertEq(vault.totalAssets(), vault.idle() + type(uint112).max);
    }

    function test_aSentinelThatIsAVenueFindsQuarantineLocked() public {
        vm.prank(owner);
        vault.addSentinel(address(venues[0]));
        venues[0].setCallback(address(vault), abi.encodeCall(vault.quarantine, (address(adapters[1]), 0)));
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        assertTrue(vault.entriesOpen());
    }

    function test_noLiftBeneathAMove() public {
        _quarantine(mock, 0);
        bytes memory call = abi.encodeCall(vault.lift, (address(mock)));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        venues[0].setCallback(address(vault), abi.encodeCall(vault.execute, (call)));
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        assertFalse(vault.entriesOpen());
    }

    /// @dev Flags are carried over whenever an adapter comes or goes; only the last mark's end gives what it took a day.
    function test_anAdapterThatGoesLeavesTheDayOfALossAsItIs() public {
        bytes memory call = abi.encodeCall(vault.removeAdapter, (address(mock)));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        token.burn(address(vault), 5 * UNIT);
        vault.accrue();
        skip(20 hours);
        vault.execute(call);
        assertEq(vault.recoverable(), 5 * UNIT);
        skip(4 hours);
        assertEq(vault.recoverable(), 0);
    }

    function test_whatWasExecutedOpensNoLockForASecondCallInTheTransaction() public {
        bytes memory call = abi.encodeCall(vault.setMaxRate, (uint64(vault.maxRatePerSecondWad()) / 2));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        Repeater repeater = new Repeater();
        (bool again, bytes memory result) = repeater.run(vault, call);
        assertFalse(again);
        assertEq(result, abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, repeater));
    }

    function test_withoutAnExitListExitsArePaidFromIdle() public {
        (Vault bare, Guard bareGuard) = _newVault(address(token));
        _open(bare, bareGuard);
        assertEq(bare.exitList().length, 0);
        _fund(bob, 100 * UNIT);
        vm.startPrank(bob);
        token.approve(address(bare), 100 * UNIT);
        bare.deposit(100 * UNIT, bob);
        uint256 idle = bare.idle();
        assertEq(bare.liquid(), idle);
        assertFalse(bare.canPay(idle + 1));
        uint256 most = bare.maxWithdraw(bob);
        bare.withdraw(most, bob, bob);
        vm.stopPrank();
        assertEq(token.balanceOf(bob), most);
    }

    function test_whoHasARoleAndIsAVenueFindsItsFunctionsLocked() public {
        address venue = address(venues[0]);
        vm.prank(owner);
        vault.transferOwnership(venue);
        vm.startPrank(venue);
        vault.acceptOwnership();
        vault.setCurator(venue);
        vault.addSentinel(venue);
        vault.setFeeRecipient(recipient);
        vm.stopPrank();
        _submitAndExecute(address(vault), venue, abi.encodeCall(vault.increasePerformanceFee, (1_000)));
        _submitAndExecute(address(vault), venue, abi.encodeCall(vault.increaseManagementFee, (100)));

        bytes[3] memory waiting = [
            abi.encodeCall(vault.setMaxRate, (uint64(vault.maxRatePerSecondWad()) / 2)),
            abi.encodeCall(vault.increasePerformanceFee, (2_000)),
            abi.encodeCall(vault.increaseManagementFee, (200))
        ];
        for (uint256 i; i < waiting.length; ++i) {
            vm.prank(venue);
            vault.submit(waiting[i]);
        }
        skip(TIMELOCK);
        for (uint256 i; i < waiting.length; ++i) _findsLocked(abi.encodeCall(vault.execute, (waiting[i])));
        _findsLocked(abi.encodeCall(vault.decreasePerformanceFee, (0)));
        _findsLocked(abi.encodeCall(vault.decreaseManagementFee, (0)));
        _findsLocked(abi.encodeCall(vault.setFeeRecipient, (venue)));
        _findsLocked(abi.encodeCall(vault.deallocate, (address(mock), "", 0)));
        _findsLocked(abi.encodeCall(vault.effectiveCap, (address(mock), "")));
    }

    /// @dev A venue makes the call in the middle of its deposit.
    function _findsLocked(bytes memory call) private {
        venues[0].setCallback(address(vault), call);
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
    }

    /// @dev A thousand units: sixteen, and a ten-millionth, which is a hundred.
    function test_aLossIsRoundingUpToSixteenUnitsAndATenMillionth() public {
        uint256 snapshot = vm.snapshotState();
        token.burn(address(vault), 116);
        vault.accrue();
        assertEq(vault.storedAssets(), 1000 * UNIT - 116);
        assertEq(vault.recoverable(), 0);
        vm.revertToState(snapshot);
        token.burn(address(vault), 117);
        vault.accrue();
        assertEq(vault.recoverable(), 117);
    }

    function test_whatALeaverLeavesOfALossIsRoundedDown() public {
        token.burn(address(vault), 5 * UNIT);
        vault.accrue();
        uint256 supply = vault.totalSupply();
        uint256 shares = supply / 3;
        assertNotEq(mulmod(5 * UNIT, supply - shares, supply), 0, "a remainder to round");
        vm.prank(alice);
        vault.redeem(shares, alice, alice);
        assertEq(vault.recoverable(), (5 * UNIT * (supply - shares)) / supply);
    }

    function test_anExitOfNothingIsNothingEvenBeforeTheSeed() public {
        (Vault bare, ) = _newVault(address(token));
        vm.startPrank(bob);
        assertEq(bare.redeem(0, bob, bob), 0);
        assertEq(bare.withdraw(0, bob, bob), 0);
        vm.stopPrank();
        assertEq(bare.totalSupply(), 0);
    }

    /// @dev Legs are not accrued one by one: what the first loses is told with what the last does.
    function test_whatAPlanCostsShowsAtTheNextAccrual() public {
        _investMock(500 * UNIT);
        mock.setExitCostBps(1);
        _rebalance(_plan(Leg(address(mock), false, uint128(100 * UNIT), ""), _leg(0, true, 50 * UNIT)));
        assertEq(vault.totalAssets(), 1000 * UNIT - UNIT / 100);
        assertEq(vault.storedAssets(), 1000 * UNIT);
        vault.accrue();
        assertEq(vault.storedAssets(), 1000 * UNIT - UNIT / 100);
        assertEq(vault.recoverable(), UNIT / 100);
    }

    function test_aPlanLosesTwoBasisPointsToTheUnit() public {
        _investMock(500 * UNIT);
        mock.setExitCostBps(10);
        uint256 most = UNIT / 5;
        Plan memory plan = _plan(Leg(address(mock), false, uint128(200 * UNIT + 1_000), ""));
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LossExceeded.selector, most + 1, most));
        guard.rebalance(plan);
        _rebalance(_plan(Leg(address(mock), false, uint128(200 * UNIT), "")));
        assertEq(vault.totalAssets(), 1000 * UNIT - most);
    }

    function test_aLossOfOneUnitDrawsFromTheBudgetOfPlans() public {
        _investMock(500 * UNIT);
        mock.setExitCostBps(1);
        uint256 available = guard.lossAvailable();
        _rebalance(_plan(Leg(address(mock), false, 10_000, "")));
        assertEq(vault.totalAssets(), 1000 * UNIT - 1);
        // One is drawn; what is left is a share of one less, rounded down.
        assertEq(guard.lossAvailable(), available - 2);
    }

    /// @dev The gain is held back, so what dips is no loss; who enters pays for it all the same.
    function test_entryIsNoCheaperThanAtTheFirstAccrualWhereAGainDips() public {
        token.mint(address(vault), 50 * UNIT);
        address[] memory targets = new address[](5);
        bytes[] memory calls = new bytes[](5);
        Steps steps = new Steps();
        token.mint(address(steps), 2 * 1050 * UNIT);
        (targets[0], calls[0]) = (address(vault), abi.encodeCall(vault.accrue, ()));
        (targets[1], calls[1]) = (address(token), abi.encodeCall(token.burn, (address(vault), 40 * UNIT)));
        (targets[2], calls[2]) = (address(token), abi.encodeCall(token.approve, (address(vault), WHOLE)));
        (targets[3], calls[3]) = (address(vault), abi.encodeCall(vault.deposit, (1050 * UNIT, bob)));
        (targets[4], calls[4]) = (address(vault), abi.encodeCall(vault.deposit, (1050 * UNIT, anyone)));
        uint256 shares = vault.totalSupply() + 1e12;
        steps.run(targets, calls);
        uint256 first = MathLib.mulDivDown(1050 * UNIT, shares, 1050 * UNIT + 1);
        assertEq(vault.balanceOf(bob), first);
        // What came in with him moves the least price's total along.
        assertEq(vault.balanceOf(anyone), MathLib.mulDivDown(1050 * UNIT, shares + first, 2100 * UNIT + 1));
    }

    /// @dev What came in since the first accrual counts, too.
    function test_noEntryLiftsTotalAssetsBeyond128Bits() public {
        uint256 gift = 1 << 127;
        uint256 entry = (1 << 127) - 1000 * UNIT;
        address[] memory targets = new address[](4);
        bytes[] memory calls = new bytes[](4);
        Steps steps = new Steps();
        token.mint(address(steps), gift + entry);
        (targets[0], calls[0]) = (address(vault), abi.encodeCall(vault.accrue, ()));
        (targets[1], calls[1]) = (address(token), abi.encodeCall(token.transfer, (address(vault), gift)));
        (targets[2], calls[2]) = (address(token), abi.encodeCall(token.approve, (address(vault), entry)));
        (targets[3], calls[3]) = (address(vault), abi.encodeCall(vault.deposit, (entry, bob)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TotalAssetsOverflow.selector, uint256(1) << 128));
        steps.run(targets, calls);
        calls[3] = abi.encodeCall(vault.deposit, (entry - 1, bob));
        steps.run(targets, calls);
        assertEq(vault.totalAssets(), WHOLE);
    }

    function test_aRemovalThatWaitsRunsNoSoonerThanItsTimelockAfterAQuarantine() public {
        bytes memory call = abi.encodeCall(vault.removeAdapter, (address(mock)));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        _quarantine(mock, 0);
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        skip(TIMELOCK - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
        vault.execute(call);
        skip(1);
        vault.execute(call);
        assertFalse(vault.isAdapter(address(mock)));
    }

    /// @dev An adapter that needs nearly all the gas that a report may take is never passed for a broken one, whatever gas
    /// the sentinel gives.
    function test_aReportThatNeedsItsGasIsReadOrTheQuarantineIsRefused() public {
        _investMock(400 * UNIT);
        mock.setPosition(100 * UNIT);
        mock.setMode(MockAdapter.Mode.Hungry);
        bytes memory call = abi.encodeCall(vault.quarantine, (address(mock), uint128(100 * UNIT + 1)));
        bytes4 last;
        for (uint256 given = 900_000; given < 1_300_000; given += 5_000) {
            vm.prank(sentinel);
            (bool success, bytes memory reason) = address(vault).call{ gas: given }(call);
            assertFalse(success);
            last = bytes4(reason);
            assertTrue(last == ErrorsLib.OutOfGas.selector || last == ErrorsLib.MarkTooHigh.selector);
        }
        assertEq(last, ErrorsLib.MarkTooHigh.selector);
    }

    function test_whatIsNoAdapterHasNoState() public view {
        (bool registered, bool retired, bool quarantined, bool marked, uint128 mark, uint128 off) = vault.adapterState(
            anyone
        );
        assertFalse(registered || retired || quarantined || marked);
        assertEq(mark, 0);
        assertEq(off, 0);
    }

    /// @dev With the virtual ones there is one share for a unit, exactly.
    function test_theFirstMarkIsThePriceToTheLastDigit() public {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increasePerformanceFee, (1_000)));
        assertEq(vault.highWaterMark(), 1e18);
    }

    function test_aFeeOfOneBasisPointIsTaken() public {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increasePerformanceFee, (1)));
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        vault.accrue();
        assertApproxEqAbs(vault.convertToAssets(vault.unclaimedFeeShares()), UNIT / 100, 1);
    }

    /// @dev With 18 decimals the fee on the last unit of a gain is less than the smallest part of a share. It is not lost where
    /// the management fee gives a reason to store the mark.
    function test_aGainTooSmallForAPerformanceFeeLeavesTheMarkWhereItWas() public {
        MockToken fine = new MockToken(18);
        (Vault other, Guard otherGuard) = _newVault(address(fine));
        _open(other, otherGuard);
        vm.prank(owner);
        other.setFeeRecipient(recipient);
        _submitAndExecute(address(other), owner, abi.encodeCall(other.increasePerformanceFee, (1_000)));
        _submitAndExecute(address(other), owner, abi.encodeCall(other.increaseManagementFee, (200)));
        uint256 mark = other.highWaterMark();
        uint256 stored = other.storedAssets();
        uint256 shares = other.totalSupply() + 1;
        skip(1);
        uint256 due = stored * 200;
        // The first gain of which something is left after the management fee.
        uint256 gain = due / (10_000 * 365 days) - 10;
        while (true) {
            uint256 total = stored + gain + 1;
            uint256 diluted = shares + MathLib.mulDivDown(shares, due, total * (10_000 * 365 days) - due);
            if (total > MathLib.mulDivUp(mark, diluted, 1e30)) break;
            ++gain;
        }
        fine.mint(address(other), gain);
        other.accrue();
        assertEq(other.storedAssets(), stored + gain);
        assertGt(other.unclaimedFeeShares(), 0);
        assertEq(other.highWaterMark(), mark);
    }

    function test_anAccrualIsToldWhereItChangesSomethingOnly() public {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseManagementFee, (100)));
        vm.recordLogs();
        vault.accrue();
        assertEq(_count(EventsLib.Accrue.selector), 0, "nothing is due");
        skip(1 days);
        vault.accrue();
        assertEq(_count(EventsLib.Accrue.selector), 1, "fee shares are");
        token.burn(address(vault), UNIT);
        vault.accrue();
        assertEq(_count(EventsLib.Accrue.selector), 1, "a loss is");
    }

    function _count(bytes32 topic) private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }
}
