// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice One pool on the way from a reward token to the asset.
/// @param pool Uniswap v3 pool.
/// @param priceGuard PriceGuard of this pool: its feeds say what the sale must bring, and it refuses while pool and feeds
/// disagree.
struct Hop {
    address pool;
    address priceGuard;
}

/// @notice How one reward token is sold.
/// @param first Pool of the reward token and the asset, or of the token and what `second` trades.
/// @param second Pool that ends in the asset; zero where the first one does.
/// @param maxSlippageBps What a sale may bring less than the feeds say, pool fees included.
/// @param perDay Most reward tokens sold in a day, in units; a bucket that refills in a day.
struct Route {
    Hop first;
    Hop second;
    uint16 maxSlippageBps;
    uint128 perDay;
}

/// @notice Sells reward tokens for a vault's asset, within bounds, and gives the proceeds to the vault.
interface IRewardSeller {
    function vault() external view returns (address);

    /// @return The vault's asset.
    function asset() external view returns (address);

    /// @return The only factory whose pools are traded with.
    function factory() external view returns (address);

    /// @return How the token is sold; all zero where it is not.
    function routeOf(address token) external view returns (Route memory);

    /// @return Reward tokens, in units, that could be sold now: what lies here and what the day's limit leaves.
    function available(address token) external view returns (uint256);

    /// @return Least asset units that a sale of `amount` must bring now. Reverts where no sale would be made.
    function minimumProceeds(address token, uint256 amount) external view returns (uint256);

    /// @notice Sells `amount` of a reward token that lies here; the proceeds go to the vault. Anyone may call it.
    /// @return received Asset units that were measured to reach the vault.
    function sell(address token, uint256 amount) external returns (uint256 received);

    /// @notice Names how a token is sold. Timelocked; the vault's curator proposes.
    function setRoute(address token, Route calldata route) external;

    /// @notice Lowers a token's daily limit. Sentinel, curator or owner of the vault, at once.
    function lowerDailyLimit(address token, uint128 perDay) external;

    /// @notice Stops the sale of a token. Sentinel, curator or owner of the vault, at once.
    function removeRoute(address token) external;
}
