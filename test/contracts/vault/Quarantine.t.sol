// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// forge-config: default.isolate = true
contract QuarantineTest is MockAdapterFixture {
    function setUp() public override {
        super.setUp();
        ExitEntry[] memory exits = new ExitEntry[](2);
        exits[0] = ExitEntry(address(mock), "");
        exits[1] = ExitEntry(address(adapters[0]), "");
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (exits)));
        _investMock(400 * UNIT);
        _invest(0, 300 * UNIT);
    }

    function _state() private view returns (bool quarantined, uint128 mark, uint128 writtenOff) {
        (, , quarantined, , mark, writtenOff) = vault.adapterState(address(mock));
    }

    function _assertMark(uint256 mark, uint256 writtenOff) private view {
        (bool quarantined, uint128 is_, uint128 off) = _state();
        assertTrue(quarantined);
        assertEq(is_, mark);
        assertEq(off, writtenOff);
    }

    function _markTooHigh(uint256 mark, uint256 most) private {
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarkTooHigh.selector, mark, most));
        vault.quarantine(address(mock), uint128(mark));
    }

    /* WHO AND WHAT */

    function test_sentinelCuratorAndOwnerMayAtOnce() public {
        address[3] memory may = [sentinel, curator, owner];
        for (uint256 i; i < 3; ++i) {
            vm.prank(may[i]);
            vm.expectEmit(address(vault));
            emit EventsLib.Quarantine(may[i], address(mock), 300 * UNIT - i, i == 0 ? 100 * UNIT : 1);
            vault.quarantine(address(mock), uint128(300 * UNIT - i));
        }
        vm.startPrank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        vault.quarantine(address(mock), 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        vault.retire(address(mock));
        vm.stopPrank();
        vm.startPrank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.quarantine(anyone, 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.retire(anyone);
    }

    function test_aQuarantinedVenueCountsForItsMarkAndIsNotCalled() public {
        _quarantine(mock, 150 * UNIT);
        _assertMark(150 * UNIT, 250 * UNIT);
        mock.setMode(MockAdapter.Mode.Reverting);
        assertEq(vault.totalAssets(), 750 * UNIT);
        assertEq(vault.storedAssets(), 750 * UNIT);
        assertEq(vault.recoverable(), 0);
        assertEq(vault.convertToAssets(1e18), 750_000);
        assertEq(vault.effectiveCap(address(mock), ""), 0);
        vault.accrue();
        assertEq(vault.storedAssets(), 750 * UNIT);
    }

    function test_entriesAreClosedAndExitsPassItOver() public {
        _quarantine(mock, 400 * UNIT);
        mock.setMode(MockAdapter.Mode.Reverting);
        assertFalse(vault.entriesOpen());
        assertEq(vault.maxDeposit(bob), 0);
        assertEq(vault.maxMint(bob), 0);
        vm.startPrank(bob);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.deposit(1, bob);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.mint(1, bob);
        vm.stopPrank();

        // 300 idle and 300 in the other venue of the list.
        assertEq(vault.liquid(), 600 * UNIT);
        assertEq(vault.maxWithdraw(alice), 600 * UNIT);
        vm.prank(alice);
        vault.withdraw(600 * UNIT, alice, alice);
        assertEq(token.balanceOf(alice), 600 * UNIT);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InsufficientLiquidity.selector, 0, UNIT));
        vault.withdraw(UNIT, alice, alice);
    }

    function test_nothingGoesIntoAQuarantinedOrRetiredVenue() public {
        Plan memory plan = _plan(Leg(address(mock), true, uint128(UNIT), ""));
        _quarantine(mock, 400 * UNIT);
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterQuarantined.selector, address(mock)));
        guard.rebalance(plan);

        vm.prank(sentinel);
        vm.expectEmit(address(vault));
        emit EventsLib.Retire(sentinel, address(adapters[0]));
        vault.retire(address(adapters[0]));
        assertEq(vault.effectiveCap(address(adapters[0]), ""), 0);
        plan = _plan(_leg(0, true, UNIT));
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterRetired.selector, address(adapters[0])));
        guard.rebalance(plan);
        // Out of it it goes.
        _rebalance(_plan(_leg(0, false, 100 * UNIT)));
        (, bool retired, , , , ) = vault.adapterState(address(adapters[0]));
        assertTrue(retired);
    }

    function test_aRetiredVenueIsReinstatedAfterTheTimelock() public {
        bytes memory data = abi.encodeCall(vault.reinstate, (address(mock)));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterNotRetired.selector, address(mock)));
        vault.execute(data);
        vm.prank(sentinel);
        vault.retire(address(mock));
        // What was submitted before runs no earlier than the timelock after, and repeating it wins no time.
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        skip(TIMELOCK - 1);
        vm.prank(sentinel);
        vault.retire(address(mock));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
        vault.execute(data);
        skip(1);
        vm.expectEmit(address(vault));
        emit EventsLib.Reinstate(address(mock));
        vault.execute(data);
        _investMock(UNIT);
    }

    /* MARKS */

    function test_theMarkIsAtMostTheReportAndOnlyFalls() public {
        _markTooHigh(400 * UNIT + 1, 400 * UNIT);
        _quarantine(mock, 400 * UNIT);
        _assertMark(400 * UNIT, 0);
        vm.startPrank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarkNotLowered.selector, 400 * UNIT));
        vault.quarantine(address(mock), uint128(400 * UNIT));
        vault.quarantine(address(mock), uint128(100 * UNIT));
        vm.stopPrank();
        _assertMark(100 * UNIT, 300 * UNIT);
        assertEq(vault.storedAssets(), 700 * UNIT);
    }

    function test_aVenueThatCannotBeReadIsMarkedAtMostAtWhatIsLeftWithoutTheRest() public {
        MockAdapter.Mode[5] memory modes = [
            MockAdapter.Mode.Reverting,
            MockAdapter.Mode.RevertingWithMuch,
            MockAdapter.Mode.AnsweringNothing,
            MockAdapter.Mode.Burning,
            MockAdapter.Mode.Huge
        ];
        for (uint256 i; i < modes.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            mock.setMode(modes[i]);
            _markTooHigh(400 * UNIT + 1, 400 * UNIT);
            _quarantine(mock, 250 * UNIT);
            _assertMark(250 * UNIT, 150 * UNIT);
            assertEq(vault.storedAssets(), 850 * UNIT);
            vm.prank(alice);
            vault.withdraw(600 * UNIT, alice, alice);
            vm.revertToState(snapshot);
        }
        // Megabytes after an honest word are not copied.
        mock.setMode(MockAdapter.Mode.AnsweringMuch);
        _markTooHigh(400 * UNIT + 1, 400 * UNIT);
        vault.accrue();
    }

    function test_aVenueThatCannotBeReadBlocksUntilItIsInQuarantine() public {
        mock.setMode(MockAdapter.Mode.Reverting);
        vm.prank(alice);
        vm.expectRevert(bytes("broken"));
        vault.withdraw(UNIT, alice, alice);
        mock.setMode(MockAdapter.Mode.Huge);
        vm.prank(alice);
        vm.expectPartialRevert(ErrorsLib.TotalAssetsOverflow.selector);
        vault.withdraw(UNIT, alice, alice);
        _quarantine(mock, 0);
        vm.prank(alice);
        vault.withdraw(UNIT, alice, alice);
    }

    function test_everyVenueBroken() public {
        mock.setMode(MockAdapter.Mode.Burning);
        venues[0].setBroken(true);
        vm.startPrank(sentinel);
        // 1000 stored, 300 idle, and nothing else can be read.
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarkTooHigh.selector, 700 * UNIT + 1, 700 * UNIT));
        vault.quarantine(address(mock), uint128(700 * UNIT + 1));
        vault.quarantine(address(mock), uint128(300 * UNIT));
        assertEq(vault.storedAssets(), 1000 * UNIT);
        vault.quarantine(address(adapters[0]), uint128(200 * UNIT));
        assertEq(vault.storedAssets(), 800 * UNIT);
        vault.retire(address(mock));
        guard.freeze();
        vm.stopPrank();
        vm.prank(alice);
        vault.withdraw(300 * UNIT, alice, alice);
        assertEq(vault.totalAssets(), 500 * UNIT);
        // What the first was written down by counts when both are back, at the maximum rate.
        mock.setMode(MockAdapter.Mode.Honest);
        venues[0].setBroken(false);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.lift, (address(adapters[0]))));
        _lift(mock);
        assertEq(vault.totalAssets(), 700 * UNIT);
        assertTrue(vault.entriesOpen());
    }

    /// @dev A sentinel who gives the report too little gas must not pass its venue for broken, and mark it above its report.
    function test_aStarvedReportIsNotABrokenOne() public {
        token.burn(address(mock), 300 * UNIT);
        mock.setPosition(100 * UNIT);
        bytes memory data = abi.encodeCall(vault.quarantine, (address(mock), uint128(400 * UNIT)));
        for (uint256 i; i < 60; ++i) {
            vm.prank(sentinel);
            (bool success, ) = address(vault).call{ gas: 50_000 + i * 50_000 }(data);
            assertFalse(success);
        }
        vm.prank(sentinel);
        (, bytes memory reason) = address(vault).call{ gas: 700_000 }(data);
        assertEq(bytes4(reason), ErrorsLib.OutOfGas.selector);
    }

    /// @dev A loss that shows nowhere yet is no part of what the quarantine writes off.
    function test_whatIsDueIsTakenInBeforeTheMark() public {
        token.mint(address(vault), 2 * UNIT);
        skip(1 days);
        _quarantine(mock, 350 * UNIT);
        assertEq(vault.storedAssets(), 952 * UNIT);
        _assertMark(350 * UNIT, 50 * UNIT);
        assertEq(vault.lastAccrualAt(), vm.getBlockTimestamp());
    }

    /* OUT OF QUARANTINE */

    function test_whatIsDeallocatedLowersTheMarkAndThenCounts() public {
        _quarantine(mock, 100 * UNIT);
        assertEq(vault.storedAssets(), 700 * UNIT);
        vm.prank(sentinel);
        vault.deallocate(address(mock), "", 60 * UNIT);
        _assertMark(40 * UNIT, 300 * UNIT);
        assertEq(vault.totalAssets(), 700 * UNIT);
        assertEq(vault.storedAssets(), 700 * UNIT);

        // The keeper may, too; 340 are left, 40 of them are counted already.
        _rebalance(_plan(Leg(address(mock), false, WHOLE, "")));
        _assertMark(0, 0);
        assertEq(vault.totalAssets(), 1000 * UNIT);
        assertEq(vault.storedAssets(), 1000 * UNIT);
        assertEq(vault.pendingGain(), 0);
    }

    function test_whatExceedsTheWriteOffIsAGain() public {
        _quarantine(mock, 350 * UNIT);
        token.mint(address(mock), 30 * UNIT);
        mock.setPosition(430 * UNIT);
        vm.prank(sentinel);
        vault.deallocate(address(mock), "", WHOLE);
        _assertMark(0, 0);
        assertEq(vault.storedAssets(), 1000 * UNIT);
        assertEq(vault.totalAssets(), 1030 * UNIT);
        assertEq(vault.pendingGain(), 30 * UNIT);
    }

    function test_liftingNeedsTheTimelockAndAReport() public {
        bytes memory data = abi.encodeCall(vault.lift, (address(mock)));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterNotQuarantined.selector, address(mock)));
        vault.execute(data);
        // Nobody keeps a lift in reserve.
        _quarantine(mock, 100 * UNIT);
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
        vault.execute(data);
        skip(TIMELOCK);
        mock.setMode(MockAdapter.Mode.Reverting);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnreadableAdapter.selector, address(mock)));
        vault.execute(data);
        mock.setMode(MockAdapter.Mode.Honest);
        vm.expectEmit(address(vault));
        emit EventsLib.Lift(address(mock), 400 * UNIT, 300 * UNIT);
        vault.execute(data);
        (bool quarantined, uint128 mark, uint128 writtenOff) = _state();
        assertFalse(quarantined);
        assertEq(mark, 0);
        assertEq(writtenOff, 0);
    }

    function test_whatComesBackByALiftBelongsToWhoWasThereAtOnce() public {
        _quarantine(mock, 0);
        _lift(mock);
        assertEq(vault.storedAssets(), 1000 * UNIT);
        assertTrue(vault.entriesOpen());
        assertEq(_worth(alice), 990 * UNIT);
        assertEq(vault.recoverable(), 0);
    }

    function testFuzz_aLiftCreditsNoMoreThanWasWrittenOffNorThanIsThere(uint256 mark, uint256 report) public {
        mark = bound(mark, 0, 400 * UNIT);
        report = bound(report, 0, 800 * UNIT);
        _quarantine(mock, mark);
        mock.setPosition(report);
        // Nothing may come in at the maximum rate meanwhile.
        uint256 stored = vault.storedAssets();
        _lift(mock);
        assertLe(vault.storedAssets(), vault.totalAssets());
        assertEq(vault.totalAssets(), 600 * UNIT + report);
        if (report < mark) {
            assertEq(vault.storedAssets(), stored - (mark - report));
        } else {
            uint256 back = report - mark < 400 * UNIT - mark ? report - mark : 400 * UNIT - mark;
            assertEq(vault.storedAssets(), stored + back);
        }
    }

    /// @dev A dead venue must not close entries for ever.
    function test_aDeadVenueIsRemovedOnceItsMarkIsZero() public {
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(adapters[0]), "");
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (exits)));
        mock.setMode(MockAdapter.Mode.Burning);
        _quarantine(mock, 1);
        bytes memory data = abi.encodeCall(vault.removeAdapter, (address(mock)));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterInUse.selector, address(mock)));
        vault.execute(data);
        _quarantine(mock, 0);
        vault.execute(data);
        assertTrue(vault.entriesOpen());
        assertFalse(vault.isAdapter(address(mock)));
        assertEq(vault.totalAssets(), 600 * UNIT);
        (bool registered, , , , , uint128 writtenOff) = vault.adapterState(address(mock));
        assertFalse(registered);
        assertEq(writtenOff, 0);
    }

    /* MARKS INSIDE AN ADAPTER */

    function test_entriesAreClosedWhileAnAdapterCountsBelowItsReport() public {
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.noteMark(true);
        vm.expectEmit(address(vault));
        emit EventsLib.NoteMark(address(mock), true);
        mock.noteMark(true);
        assertFalse(vault.entriesOpen());
        (, , , bool marked, , ) = vault.adapterState(address(mock));
        assertTrue(marked);
        vm.prank(alice);
        vault.withdraw(UNIT, alice, alice);
        // Another one's quarantine comes and goes and leaves the mark alone.
        vm.prank(sentinel);
        vault.quarantine(address(adapters[1]), 0);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.lift, (address(adapters[1]))));
        assertFalse(vault.entriesOpen());
        mock.noteMark(false);
        assertTrue(vault.entriesOpen());
    }
}
