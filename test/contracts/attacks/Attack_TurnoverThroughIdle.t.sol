// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A plan that only withdraws draws no turnover, and one that only deposits has none. So a hostile keeper moves more
/// than the turnover bucket holds by way of idle; these are the bounds that it meets then.
/// forge-config: default.isolate = true
contract Attack_TurnoverThroughIdle is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        _invest(0, 950 * UNIT);
    }

    function _moveAll(uint256 from, uint256 to) private {
        _rebalance(_plan(_leg(from, false, WHOLE)));
        _rebalance(_plan(_leg(to, true, 950 * UNIT)));
    }

    function test_everythingMovesOnceACooldownAndNotSooner() public {
        _moveAll(0, 1);
        assertEq(guard.turnoverAvailable(), 500 * UNIT);
        _rebalance(_plan(_leg(1, false, WHOLE)));
        Plan memory plan = _plan(_leg(0, true, 950 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.CoolingDown.selector);
        guard.rebalance(plan);
    }

    function test_inflowBoundsWhatGoesRoundInADay() public {
        // With an inflow of one total a day, all may go round once; the first venue has had its day's inflow already.
        for (uint256 i; i < 2; ++i) {
            vm.prank(sentinel);
            guard.lowerInflowPerDay(_id(i), uint128(1000 * UNIT));
        }
        _moveAll(0, 1);
        skip(1 hours);
        _rebalance(_plan(_leg(1, false, WHOLE)));
        for (uint256 i; i < 2; ++i) {
            Plan memory plan = _plan(_leg(i, true, 950 * UNIT));
            vm.prank(keeper);
            vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
            guard.rebalance(plan);
        }
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
