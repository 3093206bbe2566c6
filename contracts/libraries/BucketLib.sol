// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MathLib } from "./MathLib.sol";

/// @notice A token bucket, kept as what is used rather than what is left: an untouched slot is a full bucket, and a change
/// of capacity takes effect without a write.
/// @param used What was drawn and has not yet flowed back.
/// @param updatedAt Unix second of the last draw.
struct Bucket {
    uint192 used;
    uint64 updatedAt;
}

/// @notice The bucket refills linearly, its whole capacity in one day. In every window of w seconds draws amount to at most
/// capacity x (1 + w / 1 day). Of what was drawn under a larger capacity no more than the present one counts, so that a
/// lowered bucket, too, is full again after a day; raising a capacity must therefore wait at least that long.
library BucketLib {
    uint256 internal constant PERIOD = 1 days;

    /// @return What can be drawn now. The refill rounds down.
    function available(Bucket memory bucket, uint256 capacity) internal view returns (uint256) {
        uint256 elapsed = block.timestamp - bucket.updatedAt;
        uint256 refilled = elapsed >= PERIOD ? capacity : MathLib.mulDivDown(capacity, elapsed, PERIOD);
        return capacity - MathLib.zeroFloorSub(MathLib.min(bucket.used, capacity), refilled);
    }

    /// @notice Draws `amount`, which the caller has checked against `available`.
    function draw(Bucket storage bucket, uint256 amount, uint256 capacity) internal {
        // Both terms are at most a capacity, and a capacity fits 128 bits.
        bucket.used = uint192(capacity - available(bucket, capacity) + amount);
        bucket.updatedAt = uint64(block.timestamp);
    }
}
