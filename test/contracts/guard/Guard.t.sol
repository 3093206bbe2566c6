// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { GuardLimits, Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract GuardTest is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT); // with the seed, 1000
    }

    function _expect(Plan memory plan, bytes memory revertData) private {
        vm.prank(keeper);
        vm.expectRevert(revertData);
        guard.rebalance(plan);
    }

    function _with(bytes4 selector, uint256 first, uint256 second) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, first, second);
    }

    /* WHO AND WHEN */

    function test_aPlanMovesAssetsAndTells() public {
        Plan memory plan = _plan(_leg(0, true, 300 * UNIT), _leg(1, true, 200 * UNIT));
        vm.expectEmit(address(guard));
        emit EventsLib.Rebalanced(0, keeper, 0, 0, 1000 * UNIT, 1000 * UNIT);
        _rebalance(plan);
        assertEq(adapters[0].realAssets(), 300 * UNIT);
        assertEq(adapters[1].realAssets(), 200 * UNIT);
        assertEq(guard.nextNonce(), 1);
        assertEq(guard.lastRebalanceAt(), vm.getBlockTimestamp());

        skip(1 hours);
        plan = _plan(_leg(0, false, WHOLE), _leg(1, true, 100 * UNIT));
        vm.expectEmit(address(guard));
        emit EventsLib.Rebalanced(1, keeper, 300 * UNIT, 0, 1000 * UNIT, 1000 * UNIT);
        _rebalance(plan);
        assertEq(adapters[0].realAssets(), 0);
        assertEq(adapters[1].realAssets(), 300 * UNIT);
    }

    function test_onlyAKeeperRebalances() public {
        Plan memory plan = _plan(_leg(0, true, 1));
        address[4] memory others = [owner, curator, sentinel, anyone];
        for (uint256 i; i < 4; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotKeeper.selector, others[i]));
            guard.rebalance(plan);
        }
    }

    function test_aPlanPastItsDeadlineIsRefused() public {
        Plan memory plan = _plan(_leg(0, true, 1));
        plan.deadline = uint64(vm.getBlockTimestamp() - 1);
        _expect(plan, _with(ErrorsLib.PlanExpired.selector, vm.getBlockTimestamp() - 1, vm.getBlockTimestamp()));
    }

    function test_theNonceIsStrictlyTheNextOne() public {
        Plan memory plan = _plan(_leg(0, true, 1));
        plan.nonce = 1;
        _expect(plan, _with(ErrorsLib.WrongNonce.selector, 0, 1));
        plan.nonce = 0;
        _rebalance(plan);
        skip(1 hours);
        plan.deadline = uint64(vm.getBlockTimestamp());
        _expect(plan, _with(ErrorsLib.WrongNonce.selector, 1, 0));
    }

    function test_plansThatDepositKeepTheCooldown() public {
        _rebalance(_plan(_leg(0, true, 100 * UNIT)));
        uint256 readyAt = vm.getBlockTimestamp() + 1 hours;
        skip(1 hours - 1);
        Plan memory plan = _plan(_leg(1, true, 100 * UNIT));
        _expect(plan, abi.encodeWithSelector(ErrorsLib.CoolingDown.selector, readyAt));
        // Reducing risk need not wait, and does not start the clock anew.
        _rebalance(_plan(_leg(0, false, 50 * UNIT)));
        assertEq(guard.lastRebalanceAt(), readyAt - 1 hours);
        skip(1);
        _rebalance(_plan(_leg(1, true, 100 * UNIT)));
    }

    /* LEGS */

    function test_malformedPlansAreRefused() public {
        Plan memory plan = _plan(_leg(0, true, 1));
        plan.legs = new Leg[](0);
        _expect(plan, abi.encodeWithSelector(ErrorsLib.EmptyPlan.selector));
        plan.legs = new Leg[](33);
        _expect(plan, abi.encodeWithSelector(ErrorsLib.TooManyLegs.selector, 32));
        _expect(_plan(_leg(0, true, 1), _leg(1, true, 0)), abi.encodeWithSelector(ErrorsLib.ZeroLeg.selector, 1));
        _expect(
            _plan(_leg(0, true, 1), _leg(1, false, 1)),
            abi.encodeWithSelector(ErrorsLib.LegOutOfOrder.selector, 1)
        );
        _expect(
            _plan(_leg(0, true, 1), _leg(0, true, 1)),
            abi.encodeWithSelector(ErrorsLib.DuplicateLeg.selector, _id(0))
        );
        plan = _plan(_leg(0, true, 1));
        plan.legs[0].adapter = anyone;
        // Without a cap there is no inflow either, and that is what shows first.
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
        guard.rebalance(plan);
        plan.legs[0].deposit = false;
        _expect(plan, abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        plan = _plan(_leg(0, true, 1));
        plan.legs[0].data = "x";
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
        guard.rebalance(plan);
    }

    function test_aLegThatFailsUndoesThePlan() public {
        _invest(0, 300 * UNIT);
        venues[0].setFreeLiquidity(0);
        Plan memory plan = _plan(_leg(0, false, 100 * UNIT), _leg(1, true, 100 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ERC4626.ERC4626ExceededMaxWithdraw.selector);
        guard.rebalance(plan);
        assertEq(guard.nextNonce(), 1);
    }

    function test_capsOfTheVaultHoldForPlans() public {
        vm.prank(sentinel);
        vault.decreaseRelativeCap(_id(0), uint64(WAD / 4));
        _expect(
            _plan(_leg(0, true, 251 * UNIT)),
            abi.encodeWithSelector(ErrorsLib.RelativeCapExceeded.selector, _id(0), 251 * UNIT, 250 * UNIT)
        );
    }

    /* TURNOVER */

    function test_turnoverIsDrawnFromABucketThatRefillsInADay() public {
        _invest(0, 900 * UNIT);
        assertEq(guard.turnoverAvailable(), 500 * UNIT);
        _rebalance(_plan(_leg(0, false, 400 * UNIT), _leg(1, true, 1 * UNIT)));
        assertEq(guard.turnoverAvailable(), 100 * UNIT);
        skip(6 hours);
        assertEq(guard.turnoverAvailable(), 225 * UNIT);
        Plan memory plan = _plan(_leg(0, false, 226 * UNIT), _leg(1, true, 1 * UNIT));
        _expect(plan, _with(ErrorsLib.TurnoverExceeded.selector, 226 * UNIT, 225 * UNIT));
        _rebalance(_plan(_leg(0, false, 225 * UNIT), _leg(1, true, 1 * UNIT)));
        assertEq(guard.turnoverAvailable(), 0);
        skip(2 days);
        assertEq(guard.turnoverAvailable(), 500 * UNIT);
    }

    function test_movesToIdleSkipTurnoverAndCooldown() public {
        _invest(0, 900 * UNIT);
        _rebalance(_plan(_leg(0, false, 800 * UNIT)));
        _rebalance(_plan(_leg(0, false, WHOLE)));
        assertEq(guard.turnoverAvailable(), 500 * UNIT);
        assertEq(vault.idle(), 1000 * UNIT);
    }

    /* INFLOW */

    function test_inflowIsBoundedPerVenueByDefaultByItsCap() public {
        assertEq(guard.inflowPerDay(_id(0)), 10_000_000 * UNIT);
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(0), uint128(240 * UNIT));
        _invest(0, 200 * UNIT);
        assertEq(guard.inflowAvailable(_id(0)), 50 * UNIT);
        Plan memory plan = _plan(_leg(0, true, 51 * UNIT));
        _expect(plan, abi.encodeWithSelector(ErrorsLib.InflowExceeded.selector, _id(0), 51 * UNIT, 50 * UNIT));
        _invest(0, 50 * UNIT);

        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitLoosened.selector, bytes32("inflowPerDay")));
        guard.lowerInflowPerDay(_id(0), uint128(241 * UNIT));
        _submitAndExecute(
            address(guard),
            curator,
            abi.encodeCall(guard.setInflowPerDay, (_id(0), uint128(500 * UNIT)))
        );
        assertEq(guard.inflowAvailable(_id(0)), 500 * UNIT);
    }

    /* LOSS */

    function test_aPlanMayLoseSoMuchAndNoMore() public {
        // 2 bp of 1000 are 0.2; entry costs 10 bp, so 200 may go in.
        venues[0].setEntryFeeBps(10);
        Plan memory plan = _plan(_leg(0, true, 201 * UNIT));
        vm.prank(keeper);
        // A little of the fee comes back with our own share of the venue.
        vm.expectRevert(_with(ErrorsLib.LossExceeded.selector, 200_960, 200_000));
        guard.rebalance(plan);
        _rebalance(_plan(_leg(0, true, 199 * UNIT)));
        assertApproxEqAbs(vault.totalAssets(), 1000 * UNIT - 199_000, 50);
    }

    function test_lossesOfPlansDrawFromABudgetThatRefillsInADay() public {
        venues[0].setEntryFeeBps(10);
        // 5 bp a day: two and a half plans of 2 bp, and what flows back in the hours between.
        assertEq(guard.lossAvailable(), 500_000);
        _invest(0, 199 * UNIT);
        _invest(0, 199 * UNIT);
        assertApproxEqAbs(guard.lossAvailable(), 500_000 - 398_000 + 41_666, 200);
        // What the venue keeps of 199, less our own share of it.
        _expect(
            _plan(_leg(0, true, 199 * UNIT)),
            _with(ErrorsLib.LossBudgetExceeded.selector, 198_881, guard.lossAvailable())
        );
        skip(4 hours);
        _rebalance(_plan(_leg(0, true, 199 * UNIT)));
    }

    function test_aVenuesOwnGainDoesNotHideALossBetweenPlans() public {
        _invest(0, 500 * UNIT);
        venues[0].lose(1000 * UNIT);
        // A loss before the plan is not the plan's.
        _rebalance(_plan(_leg(0, false, 100 * UNIT)));
        assertEq(guard.lossAvailable(), (vault.totalAssets() * 5) / 10_000);
    }

    function test_thePlansOwnMinimumHolds() public {
        Plan memory plan = _plan(_leg(0, true, 100 * UNIT));
        plan.minTotalAssetsAfter = 1000 * UNIT + 1;
        _expect(plan, _with(ErrorsLib.TotalAssetsBelowMinimum.selector, 1000 * UNIT, 1000 * UNIT + 1));
    }

    /* LIQUID FLOOR */

    function test_enoughStaysLiquidAfterAPlan() public {
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry({ adapter: address(adapters[1]), data: "" });
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (exits)));
        // 5 % of 1000 are 50; the second venue stands in the exit list, the first does not.
        Plan memory plan = _plan(_leg(0, true, 951 * UNIT));
        _expect(plan, _with(ErrorsLib.LiquidFloorBroken.selector, 49 * UNIT, 50 * UNIT));
        _rebalance(_plan(_leg(0, true, 940 * UNIT), _leg(1, true, 60 * UNIT)));
        assertEq(vault.liquid(), 60 * UNIT);

        // Below the floor, plans that only withdraw are still welcome.
        venues[1].setFreeLiquidity(0);
        assertFalse(vault.canPay(50 * UNIT));
        _rebalance(_plan(_leg(0, false, 1 * UNIT)));
    }

    /* FREEZE */

    function test_aFrozenGuardStopsPlansButNoExitAndNoSentinel() public {
        _invest(0, 900 * UNIT);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        guard.freeze();
        vm.prank(sentinel);
        vm.expectEmit(address(guard));
        emit EventsLib.SetFrozen(sentinel, true);
        guard.freeze();
        assertTrue(guard.frozen());
        _expect(_plan(_leg(0, false, 1)), abi.encodeWithSelector(ErrorsLib.GuardFrozen.selector));

        vm.prank(sentinel);
        vault.deallocate(address(adapters[0]), "", 100 * UNIT);
        vm.startPrank(alice);
        vault.redeem(vault.balanceOf(alice), alice, alice);
        assertEq(token.balanceOf(alice), 990 * UNIT);
    }

    function test_theOwnerLiftsAFreezeAfterTheTimelock() public {
        bytes memory data = abi.encodeCall(guard.unfreeze, ());
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, curator));
        guard.submit(data);
        vm.prank(owner);
        guard.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(ErrorsLib.GuardNotFrozen.selector);
        guard.execute(data);
        vm.prank(curator);
        guard.freeze();
        // What was submitted before the freeze waits, too.
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, vm.getBlockTimestamp() + TIMELOCK));
        guard.execute(data);
        skip(TIMELOCK);
        guard.execute(data);
        assertFalse(guard.frozen());
    }

    /* CONFIGURATION */

    function test_keepersComeAfterTheTimelockAndGoAtOnce() public {
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, guard.addKeeper.selector));
        guard.addKeeper(bob);
        vm.stopPrank();
        _submitAndExecute(address(guard), curator, abi.encodeCall(guard.addKeeper, (bob)));
        assertTrue(guard.isKeeper(bob));
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        guard.removeKeeper(bob);
        vm.prank(sentinel);
        guard.removeKeeper(bob);
        assertFalse(guard.isKeeper(bob));

        bytes memory zero = abi.encodeCall(guard.addKeeper, (address(0)));
        vm.prank(curator);
        guard.submit(zero);
        skip(TIMELOCK);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        guard.execute(zero);
    }

    function test_aSentinelMayRevokeWhatWaitsAtTheGuard() public {
        bytes memory data = abi.encodeCall(guard.addKeeper, (bob));
        vm.prank(curator);
        guard.submit(data);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        guard.revoke(data);
        vm.prank(sentinel);
        guard.revoke(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSubmitted.selector, keccak256(data)));
        guard.execute(data);
    }

    function _expectLoosened(GuardLimits memory looser, bytes32 limit) private {
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitLoosened.selector, limit));
        guard.tightenLimits(looser);
    }

    function test_limitsTightenAtOnceInEveryField() public {
        GuardLimits memory limits = _limits();
        limits.cooldownSeconds -= 1;
        _expectLoosened(limits, "cooldownSeconds");
        limits = _limits();
        limits.maxLossPerPlanBps += 1;
        _expectLoosened(limits, "maxLossPerPlanBps");
        limits = _limits();
        limits.lossBudgetPerDayBps += 1;
        _expectLoosened(limits, "lossBudgetPerDayBps");
        limits = _limits();
        limits.turnoverPerDayBps += 1;
        _expectLoosened(limits, "turnoverPerDayBps");
        limits = _limits();
        limits.liquidFloorBps -= 1;
        _expectLoosened(limits, "liquidFloorBps");

        limits = GuardLimits(2 hours, 1, 1, 1, 600);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        guard.tightenLimits(limits);
        vm.prank(sentinel);
        guard.tightenLimits(limits);
        assertEq(guard.limits().liquidFloorBps, 600);
        assertEq(guard.limits().cooldownSeconds, 2 hours);
    }

    function _expectOutOfBounds(GuardLimits memory limits, bytes32 limit) private {
        bytes memory data = abi.encodeCall(guard.setLimits, (limits));
        vm.prank(curator);
        guard.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, limit));
        guard.execute(data);
    }

    function test_limitsLoosenAfterTheTimelockWithinHardLimits() public {
        GuardLimits memory limits = GuardLimits(10 minutes, 20, 50, 10_000, 0);
        _submitAndExecute(address(guard), curator, abi.encodeCall(guard.setLimits, (limits)));
        assertEq(guard.limits().maxLossPerPlanBps, 20);
        limits.cooldownSeconds = 10 minutes - 1;
        _expectOutOfBounds(limits, "cooldownSeconds");
        limits = GuardLimits(10 minutes, 21, 50, 10_000, 0);
        _expectOutOfBounds(limits, "maxLossPerPlanBps");
        limits = GuardLimits(10 minutes, 20, 51, 10_000, 0);
        _expectOutOfBounds(limits, "lossBudgetPerDayBps");
        limits = GuardLimits(10 minutes, 20, 50, 10_000, 10_001);
        _expectOutOfBounds(limits, "liquidFloorBps");
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        Guard(Deployed.create("Guard", abi.encode(address(0), _limits(), 0)));
    }

    function test_aVenueThatCallsBackFindsTheGuardLocked() public {
        Plan memory plan = _plan(_leg(0, true, UNIT));
        venues[0].setCallback(address(guard), abi.encodeCall(guard.rebalance, (plan)));
        _rebalance(plan);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
    }
}
