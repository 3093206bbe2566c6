// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

// What the lens calls outside Tiller, reduced to what it reads. Layouts are those of the deployed protocols.

interface IAggregatorReader {
    function decimals() external view returns (uint8);

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

/// @dev `DataTypes.ReserveDataLegacy` of Aave v3.6; v3.0 has the same layout with other names.
struct AaveReserve {
    uint256 configuration;
    uint128 liquidityIndex;
    uint128 currentLiquidityRate;
    uint128 variableBorrowIndex;
    uint128 currentVariableBorrowRate;
    uint128 currentStableBorrowRate;
    uint40 lastUpdateTimestamp;
    uint16 id;
    address aToken;
    address stableDebtToken;
    address variableDebtToken;
    address interestRateStrategy;
    uint128 accruedToTreasury;
    uint128 unbacked;
    uint128 isolationModeTotalDebt;
}

interface IAavePoolReader {
    function getReserveData(address asset) external view returns (AaveReserve memory);

    function getReserveNormalizedIncome(address asset) external view returns (uint256);
}

interface IAaveTokenReader {
    function scaledTotalSupply() external view returns (uint256);
}

/// @dev Rates and kink in basis points.
struct AaveCurve {
    uint16 optimalUsageRatio;
    uint32 baseVariableBorrowRate;
    uint32 variableRateSlope1;
    uint32 variableRateSlope2;
}

interface IAaveRateStrategyReader {
    function getInterestRateDataBps(address reserve) external view returns (AaveCurve memory);
}

struct CometTotals {
    uint64 baseSupplyIndex;
    uint64 baseBorrowIndex;
    uint64 trackingSupplyIndex;
    uint64 trackingBorrowIndex;
    uint104 totalSupplyBase;
    uint104 totalBorrowBase;
    uint40 lastAccrualTime;
    uint8 pauseFlags;
}

interface ICometReader {
    function totalsBasic() external view returns (CometTotals memory);

    function totalSupply() external view returns (uint256);

    function totalBorrow() external view returns (uint256);

    function getUtilization() external view returns (uint256);

    function getSupplyRate(uint256 utilization) external view returns (uint64);

    function supplyKink() external view returns (uint256);

    function supplyPerSecondInterestRateBase() external view returns (uint256);

    function supplyPerSecondInterestRateSlopeLow() external view returns (uint256);

    function supplyPerSecondInterestRateSlopeHigh() external view returns (uint256);
}

struct MorphoParams {
    address loanToken;
    address collateralToken;
    address oracle;
    address irm;
    uint256 lltv;
}

struct MorphoMarket {
    uint128 totalSupplyAssets;
    uint128 totalSupplyShares;
    uint128 totalBorrowAssets;
    uint128 totalBorrowShares;
    uint128 lastUpdate;
    uint128 fee;
}

interface IMorphoReader {
    function market(bytes32 id) external view returns (MorphoMarket memory);
}

interface IMorphoIrmReader {
    function borrowRateView(MorphoParams memory params, MorphoMarket memory market) external view returns (uint256);

    function rateAtTarget(bytes32 id) external view returns (int256);
}

// Where each adapter says what it stands on.

interface IAaveV3AdapterReader {
    function pool() external view returns (address);
}

interface ICometAdapterReader {
    function comet() external view returns (address);
}

interface IMorphoBlueAdapterReader {
    function morpho() external view returns (address);
}

interface IErc4626AdapterReader {
    function target() external view returns (address);
}
