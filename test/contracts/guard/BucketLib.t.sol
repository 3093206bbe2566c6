// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Bucket, BucketLib } from "../../../contracts/libraries/BucketLib.sol";

contract BucketLibTest is Test {
    Bucket private bucket;

    function setUp() public {
        vm.warp(1_800_000_000);
    }

    function test_anUntouchedBucketIsFull() public view {
        assertEq(BucketLib.available(bucket, 100), 100);
    }

    function test_aDrawRefillsLinearlyInADay() public {
        BucketLib.draw(bucket, 100, 100);
        assertEq(BucketLib.available(bucket, 100), 0);
        skip(6 hours);
        assertEq(BucketLib.available(bucket, 100), 25);
        skip(18 hours);
        assertEq(BucketLib.available(bucket, 100), 100);
        skip(365 days);
        assertEq(BucketLib.available(bucket, 100), 100);
    }

    function test_aSmallerCapacityCountsAtOnce() public {
        BucketLib.draw(bucket, 60, 100);
        assertEq(BucketLib.available(bucket, 80), 20);
        assertEq(BucketLib.available(bucket, 50), 0);
    }

    /// @dev Every window: draws <= capacity x (1 + w / day).
    function testFuzz_noWindowGivesMoreThanCapacityAndRefill(
        uint128 capacity,
        uint256[12] memory amounts,
        uint256[12] memory waits
    ) public {
        uint256[12] memory at;
        for (uint256 i; i < 12; ++i) {
            skip(bound(waits[i], 0, 12 hours));
            at[i] = vm.getBlockTimestamp();
            amounts[i] = bound(amounts[i], 0, BucketLib.available(bucket, capacity));
            BucketLib.draw(bucket, amounts[i], capacity);
        }
        for (uint256 from; from < 12; ++from) {
            uint256 sum;
            for (uint256 to = from; to < 12; ++to) {
                sum += amounts[to];
                assertLe(sum, uint256(capacity) + (uint256(capacity) * (at[to] - at[from])) / 1 days);
            }
        }
    }
}
