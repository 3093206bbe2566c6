// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice What an operation does about the oracle: it must answer, it is heeded where it answers, or it is not asked.
enum OracleUse {
    Required,
    IfAlive,
    Ignored
}

/// @notice Prices of one pool that one block cannot move. All are square roots of token1 units per token0 unit, 2^96 = 1.
interface IPriceGuard {
    function pool() external view returns (address);

    /// @return twap Mean price of the pool over the window.
    /// @return oracle Price of the feeds; 0 where they give none.
    function prices() external view returns (uint160 twap, uint160 oracle);

    /// @return Mean price of the pool over the window.
    function twap() external view returns (uint160);

    /// @notice Reverts where the oracle is further from the mean price than allowed, or the pool's price is.
    /// @return low Lowest price of the pool that is near enough to the mean.
    /// @return high Highest one.
    function check(OracleUse use) external view returns (uint160 low, uint160 high);
}
