// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A bucket that was full of use when its capacity was lowered must still refill, else tightening a limit would
/// close the Guard for good, withdrawals included.
/// forge-config: default.isolate = true
contract Attack_BucketAfterTightening is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
    }

    function test_aTightenedLossBudgetRefillsInADay() public {
        venues[0].setEntryFeeBps(10);
        _invest(0, 199 * UNIT);
        _invest(0, 199 * UNIT);
        // About 4 bp of 5 are used; from now on there is 1 bp a day.
        vm.prank(sentinel);
        guard.tightenLimits(GuardLimits(1 hours, 1, 1, 5_000, 500));
        // What has flowed back in the hour since, at the new rate.
        assertApproxEqAbs(guard.lossAvailable(), 100_000 / uint256(24), 10);
        skip(1 days);
        assertEq(guard.lossAvailable(), vault.totalAssets() / 10_000);
        // A plan that costs a little, even one that only reduces risk, must be possible again.
        _rebalance(_plan(_leg(0, true, 50 * UNIT)));
    }

    function test_aTightenedTurnoverRefillsInADay() public {
        _invest(0, 900 * UNIT);
        _rebalance(_plan(_leg(0, false, 500 * UNIT), _leg(1, true, 500 * UNIT)));
        vm.prank(sentinel);
        guard.tightenLimits(GuardLimits(1 hours, 2, 5, 1_000, 500));
        assertEq(guard.turnoverAvailable(), 0);
        skip(1 days);
        assertEq(guard.turnoverAvailable(), 100 * UNIT);
        _rebalance(_plan(_leg(0, false, 100 * UNIT), _leg(1, true, 100 * UNIT)));
    }

    function test_aLoweredInflowRefillsInADay() public {
        _invest(0, 900 * UNIT);
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(0), uint128(50 * UNIT));
        skip(1 days);
        assertEq(guard.inflowAvailable(_id(0)), 50 * UNIT);
    }
}
