// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice What the proofs take as given, since 256-bit products of two unknowns are beyond today's solvers while both
/// statements are plain from the widths of the arguments.
library Given {
    /// @dev True where x y does not wrap and d is not zero, which is the condition on which `fullMulDiv` branches. Factors
    /// of a and b bits make a product of at most a + b bits; every caller's make at most 256.
    function fits(uint256 x, uint256 y, uint256 d) internal pure returns (bool ok) {
        assembly ("memory-safe") {
            ok := iszero(iszero(mul(or(iszero(x), eq(div(mul(x, y), x), y)), d)))
        }
    }

    /// @dev x y / d <= x z / d for y <= z, where neither product wraps.
    function grows(uint256 x, uint256 y, uint256 z, uint256 d) internal pure returns (bool ok) {
        assembly ("memory-safe") {
            ok := iszero(gt(div(mul(x, y), d), div(mul(x, z), d)))
        }
    }
}
