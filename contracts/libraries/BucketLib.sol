// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MathLib } from "./MathLib.sol";

/// @notice A token bucket, kept as what is used rather than what is left: an untouched slot is a full bucket, and a change
/// of capacity takes effect without a write. Whoever keeps one stores what was used and when that was written, packed as
/// suits it.
///
/// The bucket refills linearly, its whole capacity in one day. In every window of w seconds draws amount to at most
/// capacity x (1 + w / 1 day). Of what was drawn under a larger capacity no more than the present one counts, so that a
/// lowered bucket, too, is full again after a day; raising a capacity must therefore wait at least that long.
library BucketLib {
    uint256 internal constant PERIOD = 1 days;

    /// @param used What was drawn and had not yet flowed back at `updatedAt`.
    /// @param updatedAt Unix second, not in the future.
    /// @return What is still used now. The refill rounds down.
    function outstanding(uint256 used, uint256 updatedAt, uint256 capacity) internal view returns (uint256) {
        uint256 elapsed = block.timestamp - updatedAt;
        if (elapsed >= PERIOD) return 0;
        return MathLib.zeroFloorSub(MathLib.min(used, capacity), MathLib.mulDivDown(capacity, elapsed, PERIOD));
    }

    /// @return What can be drawn now.
    function available(uint256 used, uint256 updatedAt, uint256 capacity) internal view returns (uint256) {
        return capacity - outstanding(used, updatedAt, capacity);
    }
}
