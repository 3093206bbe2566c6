// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { BucketLib } from "../../../contracts/libraries/BucketLib.sol";
import { Given } from "./Given.sol";

interface Clock {
    function warp(uint256 timestamp) external;
}

/// @notice The Guard's token bucket, proven by Halmos for every 128-bit capacity and use and every elapsed time. Given is
/// that capacity x elapsed, at most 128 + 40 bits, does not wrap 256, and that it grows with the time (Given.sol).
contract BucketSymbolic {
    Clock private constant vm = Clock(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @dev The bucket sees a difference of times only, and terms stay simplest from zero.
    uint256 private constant START = 0;

    function outstanding(uint256 used, uint256 capacity) external view returns (uint256) {
        return BucketLib.outstanding(used, START, capacity);
    }

    function available(uint256 used, uint256 capacity) external view returns (uint256) {
        return BucketLib.available(used, START, capacity);
    }

    function _wait(uint256 capacity, uint256 elapsed) private returns (bool) {
        vm.warp(elapsed);
        return Given.fits(capacity, elapsed, BucketLib.PERIOD);
    }

    function check_neverReverts(uint128 used, uint128 capacity, uint40 elapsed) external {
        if (!_wait(capacity, elapsed)) return;
        try this.available(used, capacity) {} catch {
            assert(false);
        }
    }

    function check_neverMoreThanTheCapacityNorThanWasUsed(uint128 used, uint128 capacity, uint40 elapsed) external {
        if (!_wait(capacity, elapsed)) return;
        assert(BucketLib.available(used, START, capacity) <= capacity);
        assert(BucketLib.outstanding(used, START, capacity) <= used);
    }

    function check_usedAndAvailableMakeTheCapacity(uint128 used, uint128 capacity, uint40 elapsed) external {
        if (!_wait(capacity, elapsed)) return;
        uint256 left = BucketLib.available(used, START, capacity);
        unchecked {
            assert(left + BucketLib.outstanding(used, START, capacity) == capacity);
        }
    }

    function check_fullAgainAfterADay(uint128 used, uint128 capacity, uint40 elapsed) external {
        if (elapsed < BucketLib.PERIOD || !_wait(capacity, elapsed)) return;
        assert(BucketLib.available(used, START, capacity) == capacity);
    }

    function check_nothingFlowsBackAtOnce(uint128 used, uint128 capacity) external {
        if (used > capacity) return;
        vm.warp(START);
        assert(BucketLib.outstanding(used, START, capacity) == used);
    }

    /// @dev More time never leaves less to draw.
    function check_monotoneInTime(uint128 used, uint128 capacity, uint40 first, uint40 later) external {
        if (first > later || !Given.grows(capacity, first, later, BucketLib.PERIOD)) return;
        if (!_wait(capacity, first)) return;
        uint256 before = BucketLib.available(used, START, capacity);
        if (!_wait(capacity, later)) return;
        assert(BucketLib.available(used, START, capacity) >= before);
    }

    /// @dev More used never leaves more to draw.
    function check_monotoneInUse(uint128 used, uint128 more, uint128 capacity, uint40 elapsed) external {
        if (more < used || !_wait(capacity, elapsed)) return;
        assert(BucketLib.available(more, START, capacity) <= BucketLib.available(used, START, capacity));
    }
}
