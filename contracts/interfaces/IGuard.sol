// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice One deposit or withdrawal at one venue.
/// @param adapter Adapter of the venue, registered in the vault.
/// @param deposit True for a deposit into the venue, false for a withdrawal out of it.
/// @param assets Amount in asset units; `type(uint128).max` on a withdrawal means the whole position.
/// @param data Names the venue inside the adapter.
struct Leg {
    address adapter;
    bool deposit;
    uint128 assets;
    bytes data;
}

/// @notice An ordered list of legs with its bounds.
/// @param nonce Must be the Guard's `nextNonce`.
/// @param deadline Last second at which the plan may land.
/// @param minTotalAssetsAfter The caller's own bound on live total assets after the plan.
struct Plan {
    uint64 nonce;
    uint64 deadline;
    uint256 minTotalAssetsAfter;
    Leg[] legs;
}

/// @notice Bounds that the Guard enforces on every plan.
struct GuardLimits {
    uint32 cooldownSeconds; // between two plans that move anything into a venue
    uint16 maxLossPerPlanBps; // of live total assets before the plan
    uint16 lossBudgetPerDayBps; // refilling bucket
    uint16 turnoverPerDayBps; // refilling bucket over assets moved out of venues and in again
    uint16 liquidFloorBps; // idle + what the exit list could pay at once, after the plan
}

interface IGuard {
    function vault() external view returns (address);

    function rebalance(Plan calldata plan) external;

    function nextNonce() external view returns (uint64);

    function lastRebalanceAt() external view returns (uint64);

    function limits() external view returns (GuardLimits memory);

    function frozen() external view returns (bool);

    function isKeeper(address account) external view returns (bool);

    /// @return Turnover in asset units that a plan could use now.
    function turnoverAvailable() external view returns (uint256);

    /// @return Asset units in idle that plans took out of venues without drawing turnover; they draw it when they go in again.
    function turnoverOwed() external view returns (uint256);

    /// @return Loss in asset units that plans could still realise now.
    function lossAvailable() external view returns (uint256);

    /// @return Assets that could go into the venue id now (its inflow bucket).
    function inflowAvailable(bytes32 venueId) external view returns (uint256);

    /// @return Capacity of the venue's inflow bucket in asset units: what was set, else the venue's absolute cap.
    function inflowPerDay(bytes32 venueId) external view returns (uint256);
}
