// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice What `IPool.getReserveData` returns, in Aave v3.4 and later (older names kept, unused fields zero).
struct AaveReserveData {
    uint256 configuration;
    uint128 liquidityIndex;
    uint128 currentLiquidityRate;
    uint128 variableBorrowIndex;
    uint128 currentVariableBorrowRate;
    uint128 currentStableBorrowRate;
    uint40 lastUpdateTimestamp;
    uint16 id;
    address aTokenAddress;
    address stableDebtTokenAddress;
    address variableDebtTokenAddress;
    address interestRateStrategyAddress;
    uint128 accruedToTreasury;
    uint128 unbacked;
    uint128 isolationModeTotalDebt;
}

/// @notice The part of Aave v3.6's pool that the adapter uses.
interface IAaveV3Pool {
    function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode) external;

    function withdraw(address asset, uint256 amount, address to) external returns (uint256);

    function getConfiguration(address asset) external view returns (uint256);

    function getReserveData(address asset) external view returns (AaveReserveData memory);

    /// @return Liquidity index with interest due, ray.
    function getReserveNormalizedIncome(address asset) external view returns (uint256);

    /// @return Underlying that the pool counts as its own: what can be withdrawn or borrowed.
    function getVirtualUnderlyingBalance(address asset) external view returns (uint128);

    function getReserveAToken(address asset) external view returns (address);
}

/// @notice The part of an aToken that adapter and Router use.
interface IAToken {
    function scaledBalanceOf(address user) external view returns (uint256);

    /// @return Underlying that the tokens are worth, interest due included, rounded down.
    function balanceOf(address user) external view returns (uint256);

    function scaledTotalSupply() external view returns (uint256);
}
