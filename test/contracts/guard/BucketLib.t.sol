// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { BucketLib } from "../../../contracts/libraries/BucketLib.sol";

contract BucketLibTest is Test {
    uint256 private used;
    uint256 private drawnAt;

    function setUp() public {
        vm.warp(1_800_000_000);
    }

    /// @dev As the Guard draws: what is outstanding and what is drawn, written together.
    function _draw(uint256 amount, uint256 capacity) private {
        used = BucketLib.outstanding(used, drawnAt, capacity) + amount;
        drawnAt = vm.getBlockTimestamp();
    }

    function _available(uint256 capacity) private view returns (uint256) {
        return BucketLib.available(used, drawnAt, capacity);
    }

    function test_anUntouchedBucketIsFull() public view {
        assertEq(_available(100), 100);
        assertEq(BucketLib.available(0, vm.getBlockTimestamp(), 100), 100);
    }

    function test_aDrawRefillsLinearlyInADay() public {
        _draw(100, 100);
        assertEq(_available(100), 0);
        skip(6 hours);
        assertEq(_available(100), 25);
        skip(18 hours - 1);
        assertEq(_available(100), 99);
        skip(1);
        assertEq(_available(100), 100);
        skip(365 days);
        assertEq(_available(100), 100);
    }

    function test_aSmallerCapacityCountsAtOnce() public {
        _draw(60, 100);
        assertEq(_available(80), 20);
        assertEq(_available(50), 0);
        assertEq(_available(0), 0);
    }

    function test_whatWasUsedAboveALoweredCapacityIsForgotten() public {
        _draw(100, 100);
        skip(12 hours);
        assertEq(_available(10), 5);
        skip(12 hours);
        assertEq(_available(10), 10);
    }

    function test_capacitiesOf128BitsDoNotOverflow() public {
        uint256 capacity = type(uint128).max;
        _draw(capacity, capacity);
        assertEq(_available(capacity), 0);
        skip(1 days - 1);
        assertEq(_available(capacity), (capacity * (1 days - 1)) / 1 days);
    }

    function testFuzz_availableAndOutstandingAreTheCapacity(uint128 drawn, uint128 capacity, uint40 wait) public {
        used = drawn;
        drawnAt = vm.getBlockTimestamp();
        skip(wait);
        uint256 outstanding = BucketLib.outstanding(used, drawnAt, capacity);
        assertEq(outstanding + _available(capacity), capacity);
        assertLe(outstanding, drawn);
        if (wait >= 1 days) assertEq(outstanding, 0);
    }

    function testFuzz_timeNeverTakesFromABucket(uint128 drawn, uint128 capacity, uint32 first, uint32 second) public {
        used = drawn;
        drawnAt = vm.getBlockTimestamp();
        skip(first);
        uint256 sooner = _available(capacity);
        skip(second);
        assertGe(_available(capacity), sooner);
    }

    /// @dev Writing what is outstanding without drawing rounds for the bucket: it never gives more afterwards.
    function testFuzz_rewritingABucketGainsNothing(
        uint128 drawn,
        uint128 capacity,
        uint32 first,
        uint32 second
    ) public {
        used = drawn;
        drawnAt = vm.getBlockTimestamp();
        skip(bound(first, 0, 1 days));
        uint256 usedBefore = used;
        uint256 drawnAtBefore = drawnAt;
        _draw(0, capacity);
        skip(second);
        assertLe(_available(capacity), BucketLib.available(usedBefore, drawnAtBefore, capacity));
    }

    /// @dev Every window: draws <= capacity x (1 + w / day).
    function testFuzz_noWindowGivesMoreThanCapacityAndRefill(
        uint128 capacity,
        uint256[12] memory amounts,
        uint256[12] memory waits
    ) public {
        uint256[12] memory times;
        for (uint256 i; i < 12; ++i) {
            skip(bound(waits[i], 0, 12 hours));
            times[i] = vm.getBlockTimestamp();
            amounts[i] = bound(amounts[i], 0, _available(capacity));
            _draw(amounts[i], capacity);
        }
        for (uint256 from; from < 12; ++from) {
            uint256 sum;
            for (uint256 to = from; to < 12; ++to) {
                sum += amounts[to];
                assertLe(sum, uint256(capacity) + (uint256(capacity) * (times[to] - times[from])) / 1 days);
            }
        }
    }
}
