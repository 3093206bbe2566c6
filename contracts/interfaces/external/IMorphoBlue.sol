// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice A market of Morpho Blue. Its id is `keccak256(abi.encode(params))`.
struct MarketParams {
    address loanToken;
    address collateralToken;
    address oracle;
    address irm;
    uint256 lltv;
}

/// @notice A market's state at its last update.
struct MorphoMarket {
    uint128 totalSupplyAssets;
    uint128 totalSupplyShares;
    uint128 totalBorrowAssets;
    uint128 totalBorrowShares;
    uint128 lastUpdate;
    uint128 fee;
}

/// @notice The part of Morpho Blue that adapter and Router use.
interface IMorphoBlue {
    function supply(
        MarketParams memory params,
        uint256 assets,
        uint256 shares,
        address onBehalf,
        bytes memory data
    ) external returns (uint256 assetsSupplied, uint256 sharesSupplied);

    function withdraw(
        MarketParams memory params,
        uint256 assets,
        uint256 shares,
        address onBehalf,
        address receiver
    ) external returns (uint256 assetsWithdrawn, uint256 sharesWithdrawn);

    function market(bytes32 id) external view returns (MorphoMarket memory);

    /// @notice Lends `assets` free of charge within the call: `onMorphoFlashLoan(assets, data)` on the caller, then takes
    /// them back from it.
    function flashLoan(address token, uint256 assets, bytes calldata data) external;
}

/// @notice The part of an interest rate model of Morpho Blue that the adapter uses.
interface IMorphoIrm {
    /// @return Borrow rate per second, 1e18 = 100 %.
    function borrowRateView(MarketParams memory params, MorphoMarket memory market) external view returns (uint256);
}
