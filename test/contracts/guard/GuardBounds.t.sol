// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { GuardLimits, Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice Every bound of the Guard at its edge, with any amount and at any time: what it says is available passes to the
/// unit, one unit more is refused with the error that names it.
/// forge-config: default.isolate = true
contract GuardBoundsTest is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 999_990 * UNIT);
    }

    function _expect(Plan memory plan, bytes memory revertData) private {
        vm.prank(keeper);
        vm.expectRevert(revertData);
        guard.rebalance(plan);
    }

    /* WHEN */

    function testFuzz_aPlanLandsUpToItsDeadlineAndNotLater(uint64 deadline, uint32 wait) public {
        uint256 start = vm.getBlockTimestamp();
        deadline = uint64(bound(deadline, start - 1 days, start + 1 days));
        skip(bound(wait, 0, 2 days));
        Plan memory plan = _plan(_leg(0, true, UNIT));
        plan.deadline = deadline;
        if (vm.getBlockTimestamp() <= deadline) _rebalance(plan);
        else _expect(plan, abi.encodeWithSelector(ErrorsLib.PlanExpired.selector, deadline, vm.getBlockTimestamp()));
    }

    function testFuzz_onlyTheNextNonceIsTaken(uint64 nonce, uint8 before) public {
        before = uint8(bound(before, 0, 4));
        for (uint256 i; i < before; ++i) _invest(0, UNIT);
        Plan memory plan = _plan(_leg(0, true, UNIT));
        plan.nonce = nonce;
        if (nonce == before) return _rebalance(plan);
        _expect(plan, abi.encodeWithSelector(ErrorsLib.WrongNonce.selector, before, nonce));
        assertEq(guard.nextNonce(), before);
    }

    function testFuzz_theCooldownHoldsToTheSecond(uint32 wait, bool withdrawsToo) public {
        _rebalance(_plan(_leg(0, true, 100_000 * UNIT)));
        uint256 readyAt = vm.getBlockTimestamp() + 1 hours;
        skip(bound(wait, 0, 2 hours));
        Plan memory plan = withdrawsToo ? _plan(_leg(0, false, UNIT), _leg(1, true, UNIT)) : _plan(_leg(1, true, UNIT));
        if (vm.getBlockTimestamp() >= readyAt) _rebalance(plan);
        else _expect(plan, abi.encodeWithSelector(ErrorsLib.CoolingDown.selector, readyAt));
        // Out of a venue at any time.
        _rebalance(_plan(_leg(0, false, UNIT)));
    }

    /* HOW MUCH */

    function testFuzz_turnoverPassesToTheUnit(uint256 first, uint32 wait) public {
        _invest(0, 900_000 * UNIT);
        first = bound(first, UNIT, 400_000 * UNIT);
        _rebalance(_plan(_leg(0, false, first), _leg(1, true, first)));
        skip(bound(wait, 1 hours, 1 days));
        uint256 available = guard.turnoverAvailable();
        uint256 held = adapters[0].realAssets();
        if (available + 1 > held) return;
        _expect(
            _plan(_leg(0, false, available + 1), _leg(2, true, 1)),
            abi.encodeWithSelector(ErrorsLib.TurnoverExceeded.selector, available + 1, available)
        );
        _rebalance(_plan(_leg(0, false, available), _leg(2, true, 1)));
    }

    function testFuzz_whatIsOwedPassesToTheUnit(uint256 out, uint256 again, uint32 wait) public {
        _invest(0, 900_000 * UNIT);
        out = bound(out, UNIT, 900_000 * UNIT);
        uint256 fresh = vault.idle();
        _rebalance(_plan(_leg(0, false, out)));
        assertEq(guard.turnoverOwed(), out);
        skip(bound(wait, 0, 1 days));
        uint256 available = guard.turnoverAvailable();
        assertEq(available, 500_000 * UNIT);
        again = bound(again, 1, fresh + out);
        uint256 settled = again < out ? again : out;
        Plan memory plan = _plan(_leg(1, true, again));
        if (settled > available) {
            _expect(plan, abi.encodeWithSelector(ErrorsLib.TurnoverExceeded.selector, settled, available));
        } else {
            _rebalance(plan);
            assertEq(guard.turnoverOwed(), out - settled);
            assertEq(guard.turnoverAvailable(), available - settled);
        }
    }

    function testFuzz_inflowPassesToTheUnit(uint256 perDay, uint256 first, uint32 wait) public {
        perDay = bound(perDay, 1, 900_000 * UNIT);
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(0), uint128(perDay));
        first = bound(first, 1, perDay);
        _rebalance(_plan(_leg(0, true, first)));
        assertEq(guard.inflowAvailable(_id(0)), perDay - first);
        skip(bound(wait, 1 hours, 2 days));
        uint256 available = guard.inflowAvailable(_id(0));
        assertLe(available, perDay);
        if (available + 1 > vault.idle()) return;
        _expect(
            _plan(_leg(0, true, available + 1)),
            abi.encodeWithSelector(ErrorsLib.InflowExceeded.selector, _id(0), available + 1, available)
        );
        if (available != 0) _rebalance(_plan(_leg(0, true, available)));
    }

    function testFuzz_noPlanLosesMoreThanOnePlanMay(uint256 assets, uint8 feeBps) public {
        venues[0].setEntryFeeBps(bound(feeBps, 0, 10));
        assets = bound(assets, UNIT, 900_000 * UNIT);
        uint256 before = vault.totalAssets();
        Plan memory plan = _plan(_leg(0, true, assets));
        vm.prank(keeper);
        try guard.rebalance(plan) {
            assertGe(vault.totalAssets(), before - (before * 2) / 10_000);
        } catch (bytes memory reason) {
            // A venue at the edge of what its adapter takes is refused there first.
            bool known =
                bytes4(reason) == ErrorsLib.LossExceeded.selector || bytes4(reason) == ErrorsLib.ShortCredit.selector;
            assertTrue(known);
            assertEq(vault.totalAssets(), before);
        }
    }

    function testFuzz_theLiquidFloorHoldsToTheUnit(uint256 assets, uint16 floorBps) public {
        floorBps = uint16(bound(floorBps, 500, 10_000));
        GuardLimits memory limits = _limits();
        limits.liquidFloorBps = floorBps;
        vm.prank(sentinel);
        guard.tightenLimits(limits);
        // Nothing can be pulled, so idle is all that is liquid.
        venues[0].setFreeLiquidity(0);
        assets = bound(assets, 1, 1_000_000 * UNIT);
        uint256 floor = (1_000_000 * UNIT * uint256(floorBps)) / 10_000;
        uint256 left = 1_000_000 * UNIT - assets;
        if (left >= floor) _rebalance(_plan(_leg(0, true, assets)));
        else
            _expect(
                _plan(_leg(0, true, assets)),
                abi.encodeWithSelector(ErrorsLib.LiquidFloorBroken.selector, left, floor)
            );
    }

    /* LEGS */

    function testFuzz_withdrawalsStandFirst(uint8 pattern) public {
        for (uint256 i; i < 3; ++i) _invest(i, 100_000 * UNIT);
        Plan memory plan = _plan(_leg(0, false, 1));
        plan.legs = new Leg[](3);
        bool deposits;
        uint256 wrong = type(uint256).max;
        for (uint256 i; i < 3; ++i) {
            bool deposit = (pattern >> i) & 1 == 1;
            plan.legs[i] = _leg(i, deposit, UNIT);
            if (deposits && !deposit && wrong == type(uint256).max) wrong = i;
            deposits = deposits || deposit;
        }
        if (wrong == type(uint256).max) _rebalance(plan);
        else _expect(plan, abi.encodeWithSelector(ErrorsLib.LegOutOfOrder.selector, wrong));
    }

    function test_aVenueOutAndInAgainIsTouchedTwice() public {
        _invest(0, 100_000 * UNIT);
        Plan memory plan = _plan(_leg(0, false, 1));
        plan.legs = new Leg[](3);
        plan.legs[0] = _leg(0, false, UNIT);
        plan.legs[1] = _leg(1, true, UNIT);
        plan.legs[2] = _leg(0, true, UNIT);
        _expect(plan, abi.encodeWithSelector(ErrorsLib.DuplicateLeg.selector, _id(0)));
    }

    /* WHAT HAPPENS WHILE A PLAN RUNS */

    function test_aFreezeFromWithinAPlanStays() public {
        vm.prank(owner);
        vault.addSentinel(address(venues[0]));
        venues[0].setCallback(address(guard), abi.encodeCall(guard.freeze, ()));
        _rebalance(_plan(_leg(0, true, UNIT)));
        assertTrue(venues[0].callbackSucceeded());
        assertTrue(guard.frozen());
        assertEq(guard.nextNonce(), 1);
        assertEq(guard.lastRebalanceAt(), vm.getBlockTimestamp());
    }

    function test_aBoundThatIsTightenedWithinAPlanHoldsForIt() public {
        _invest(0, 900_000 * UNIT);
        vm.prank(owner);
        vault.addSentinel(address(venues[0]));
        GuardLimits memory limits = _limits();
        limits.turnoverPerDayBps = 1_000;
        venues[0].setCallback(address(guard), abi.encodeCall(guard.tightenLimits, (limits)));
        _expect(
            _plan(_leg(0, false, 200_000 * UNIT), _leg(1, true, 1)),
            abi.encodeWithSelector(ErrorsLib.TurnoverExceeded.selector, 200_000 * UNIT, 100_000 * UNIT)
        );
        _rebalance(_plan(_leg(0, false, 50_000 * UNIT), _leg(1, true, 1)));
        assertEq(guard.limits().turnoverPerDayBps, 1_000);
        assertEq(guard.turnoverAvailable(), 50_000 * UNIT);
    }

    /* WHO ELSE MOVES */

    function test_whatASentinelBringsToIdleIsNotOwed() public {
        _invest(0, 900_000 * UNIT);
        vm.prank(sentinel);
        vault.deallocate(address(adapters[0]), "", 800_000 * UNIT);
        assertEq(guard.turnoverOwed(), 0);
        _rebalance(_plan(_leg(1, true, 800_000 * UNIT)));
        assertEq(guard.turnoverAvailable(), 500_000 * UNIT);
    }

    function test_aFrozenGuardLetsASentinelReduceRisk() public {
        _invest(0, 900_000 * UNIT);
        vm.startPrank(sentinel);
        guard.freeze();
        vault.deallocate(address(adapters[0]), "", 800_000 * UNIT);
        vault.decreaseAbsoluteCap(_id(0), 0);
        vault.decreaseRelativeCap(_id(0), 0);
        guard.lowerInflowPerDay(_id(0), 0);
        guard.removeKeeper(keeper);
        GuardLimits memory limits = _limits();
        limits.maxLossPerPlanBps = 0;
        guard.tightenLimits(limits);
        vault.retire(address(adapters[1]));
        vm.stopPrank();
        assertEq(vault.idle(), 900_000 * UNIT);
        vm.prank(alice);
        vault.withdraw(900_000 * UNIT, alice, alice);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);
        assertEq(vault.totalAssets(), 0);
    }

    function test_noPlanDepositsWhereTheVaultLetsNothingIn() public {
        _invest(0, 300_000 * UNIT);
        _invest(1, 300_000 * UNIT);
        vm.startPrank(sentinel);
        vault.retire(address(adapters[0]));
        vault.quarantine(address(adapters[1]), uint128(200_000 * UNIT));
        vm.stopPrank();
        _expect(
            _plan(_leg(0, true, UNIT)),
            abi.encodeWithSelector(ErrorsLib.AdapterRetired.selector, address(adapters[0]))
        );
        _expect(
            _plan(_leg(1, true, UNIT)),
            abi.encodeWithSelector(ErrorsLib.AdapterQuarantined.selector, address(adapters[1]))
        );
        // Out of both, and what comes out of the quarantined one is no loss.
        uint256 before = vault.totalAssets();
        _rebalance(_plan(_leg(0, false, WHOLE), _leg(1, false, 100_000 * UNIT)));
        assertEq(vault.totalAssets(), before);
        assertEq(guard.turnoverOwed(), 400_000 * UNIT);
        assertEq(guard.lossAvailable(), (before * 5) / 10_000);
    }

    /* SETTING UP */

    function test_boundsOfTheGuardMayBeGivenSevenDaysInTheSetup() public {
        (vault, guard) = _newVault(address(token));
        bytes4[4] memory selectors = [
            guard.setLimits.selector,
            guard.setInflowPerDay.selector,
            guard.addKeeper.selector,
            guard.unfreeze.selector
        ];
        bytes[] memory calls = new bytes[](4);
        for (uint256 i; i < 4; ++i) {
            calls[i] = abi.encodeWithSignature("increaseTimelock(bytes4,uint256)", selectors[i], 7 days);
        }
        vm.prank(owner);
        guard.multicall(calls);
        for (uint256 i; i < 4; ++i) assertEq(guard.timelock(selectors[i]), 7 days);
    }

    function testFuzz_limitsStayWithinTheirHardBounds(GuardLimits memory limits) public {
        (vault, guard) = _newVault(address(token));
        bytes32 wrong;
        if (limits.cooldownSeconds < 10 minutes) wrong = "cooldownSeconds";
        else if (limits.maxLossPerPlanBps > 20) wrong = "maxLossPerPlanBps";
        else if (limits.lossBudgetPerDayBps > 50) wrong = "lossBudgetPerDayBps";
        else if (limits.liquidFloorBps > 10_000) wrong = "liquidFloorBps";
        vm.prank(owner);
        if (wrong != 0) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, wrong));
            guard.setLimits(limits);
            return;
        }
        guard.setLimits(limits);
        assertEq(abi.encode(guard.limits()), abi.encode(limits));
    }

    /// @dev Limits and buckets share a slot: writing the one must leave the other.
    function testFuzz_newLimitsLeaveWhatIsUsed(uint16 turnoverPerDayBps) public {
        _invest(0, 900_000 * UNIT);
        _rebalance(_plan(_leg(0, false, 300_000 * UNIT), _leg(1, true, 1)));
        GuardLimits memory limits = _limits();
        limits.turnoverPerDayBps = uint16(bound(turnoverPerDayBps, 0, 5_000));
        vm.prank(sentinel);
        guard.tightenLimits(limits);
        uint256 capacity = (1_000_000 * UNIT * uint256(limits.turnoverPerDayBps)) / 10_000;
        uint256 expected = capacity > 300_000 * UNIT ? capacity - 300_000 * UNIT : 0;
        assertEq(guard.turnoverAvailable(), expected);
    }
}
