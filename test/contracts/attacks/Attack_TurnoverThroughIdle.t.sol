// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A plan that only withdraws draws no turnover, and one that only deposits takes nothing out of a venue. If nobody
/// remembered what the first brought to idle, a hostile keeper could move everything once a cooldown, whatever the turnover
/// bucket holds. The Guard remembers.
/// forge-config: default.isolate = true
contract Attack_TurnoverThroughIdle is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        _invest(0, 950 * UNIT);
    }

    function _expectTurnoverExceeded(Plan memory plan, uint256 turnover, uint256 available) private {
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TurnoverExceeded.selector, turnover, available));
        guard.rebalance(plan);
    }

    function test_whatCameToIdleDrawsTurnoverWhenItGoesInAgain() public {
        _rebalance(_plan(_leg(0, false, WHOLE)));
        assertEq(guard.turnoverOwed(), 950 * UNIT);
        assertEq(guard.turnoverAvailable(), 500 * UNIT);
        _expectTurnoverExceeded(_plan(_leg(1, true, 950 * UNIT)), 950 * UNIT, 500 * UNIT);
        _expectTurnoverExceeded(_plan(_leg(1, true, 500 * UNIT + 1)), 500 * UNIT + 1, 500 * UNIT);

        _rebalance(_plan(_leg(1, true, 500 * UNIT)));
        assertEq(guard.turnoverOwed(), 450 * UNIT);
        assertEq(guard.turnoverAvailable(), 0);
        skip(12 hours);
        _expectTurnoverExceeded(_plan(_leg(1, true, 251 * UNIT)), 251 * UNIT, 250 * UNIT);
        _rebalance(_plan(_leg(1, true, 250 * UNIT)));
        skip(12 hours);
        _rebalance(_plan(_leg(1, true, 200 * UNIT)));
        assertEq(guard.turnoverOwed(), 0);
    }

    function test_slicesAndVenuesInBetweenBringNothing() public {
        _rebalance(_plan(_leg(0, false, 400 * UNIT)));
        _rebalance(_plan(_leg(0, false, 400 * UNIT)));
        assertEq(guard.turnoverOwed(), 800 * UNIT);
        _rebalance(_plan(_leg(1, true, 250 * UNIT), _leg(2, true, 250 * UNIT)));
        _rebalance(_plan(_leg(1, false, WHOLE)));
        _rebalance(_plan(_leg(2, false, WHOLE)));
        assertEq(guard.turnoverOwed(), 800 * UNIT);
        skip(1 hours);
        _expectTurnoverExceeded(_plan(_leg(1, true, 21 * UNIT)), 21 * UNIT, (500 * UNIT) / 24);
    }

    function test_aWithdrawalInTheSamePlanHidesNothing() public {
        _rebalance(_plan(_leg(0, false, 600 * UNIT)));
        // 100 come out and 500 go in: the 100 are turnover, and 400 of what is owed.
        _rebalance(_plan(_leg(0, false, 100 * UNIT), _leg(1, true, 500 * UNIT)));
        assertEq(guard.turnoverOwed(), 200 * UNIT);
        assertEq(guard.turnoverAvailable(), 0);
    }

    function test_moreOutThanInIsDrawnAtOnceAndNotOwed() public {
        _rebalance(_plan(_leg(0, false, 400 * UNIT), _leg(1, true, 1 * UNIT)));
        assertEq(guard.turnoverOwed(), 0);
        assertEq(guard.turnoverAvailable(), 100 * UNIT);
        skip(1 hours);
        // Paid for already.
        _rebalance(_plan(_leg(1, true, 399 * UNIT)));
    }

    function test_moreOutThanInSettlesNothingOfWhatWasOwed() public {
        _rebalance(_plan(_leg(0, false, 100 * UNIT)));
        _rebalance(_plan(_leg(0, false, 300 * UNIT), _leg(1, true, 200 * UNIT)));
        assertEq(guard.turnoverAvailable(), 200 * UNIT);
        assertEq(guard.turnoverOwed(), 100 * UNIT);
    }

    function test_newMoneyDrawsNothing() public {
        _deposit(bob, 1000 * UNIT);
        _rebalance(_plan(_leg(1, true, 900 * UNIT)));
        assertEq(guard.turnoverAvailable(), 1000 * UNIT);
    }

    function test_whatLeftThroughExitsIsOwedNoLonger() public {
        _rebalance(_plan(_leg(0, false, WHOLE)));
        vm.prank(alice);
        vault.withdraw(900 * UNIT, alice, alice);
        assertEq(guard.turnoverOwed(), 100 * UNIT);
        _rebalance(_plan(_leg(0, true, 50 * UNIT)));
        assertEq(guard.turnoverOwed(), 50 * UNIT);
        // Those 50 were half of what was left, and they draw what they were.
        assertEq(guard.turnoverAvailable(), 0);
        _deposit(bob, 900 * UNIT);
        skip(12 hours);
        _rebalance(_plan(_leg(0, true, 900 * UNIT)));
        assertEq(guard.turnoverOwed(), 0);
        assertEq(guard.turnoverAvailable(), 200 * UNIT);
    }

    /// @dev With the key, all day and by the best way that the bounds leave: no window gives more than bucket and refill.
    function test_aDayOfChurningMovesBucketAndRefillAndNoMore() public {
        uint256 moved;
        for (uint256 hour_; hour_ < 24; ++hour_) {
            for (uint256 i; i < 3; ++i) {
                if (adapters[i].realAssets() != 0) _rebalance(_plan(_leg(i, false, WHOLE)));
            }
            uint256 available = guard.turnoverAvailable();
            _expectTurnoverExceeded(_plan(_leg(hour_ % 3, true, available + 1)), available + 1, available);
            _rebalance(_plan(_leg(hour_ % 3, true, available)));
            moved += available;
            skip(1 hours);
        }
        assertLe(moved, 500 * UNIT + (500 * UNIT * uint256(23)) / 24);
        assertGt(moved, 950 * UNIT);
    }

    function test_inflowBoundsASingleVenueBesides() public {
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(1), uint128(300 * UNIT));
        _rebalance(_plan(_leg(0, false, WHOLE)));
        Plan memory plan = _plan(_leg(1, true, 301 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
        guard.rebalance(plan);
    }

    /// @dev At 10 bp an entry, a day of churning loses no more than the budget and what flows back into it.
    function test_whatItDestroysStaysInTheLossBudget() public {
        for (uint256 i; i < 3; ++i) venues[i].setEntryFeeBps(10);
        _rebalance(_plan(_leg(0, false, WHOLE)));
        uint256 before = vault.totalAssets();
        for (uint256 hour_; hour_ < 24; ++hour_) {
            for (uint256 i; i < 3; ++i) {
                if (adapters[i].realAssets() != 0) _rebalance(_plan(_leg(i, false, WHOLE)));
            }
            Plan memory plan = _plan(_leg(hour_ % 3, true, 199 * UNIT));
            vm.prank(keeper);
            try guard.rebalance(plan) {} catch {}
            skip(1 hours);
        }
        uint256 lost = before - vault.totalAssets();
        assertGt(lost, (before * 5) / 10_000);
        assertLe(lost, (before * 10) / 10_000);
    }
}
