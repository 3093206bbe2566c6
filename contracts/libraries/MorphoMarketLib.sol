// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IMorphoIrm, MarketParams, MorphoMarket } from "../interfaces/external/IMorphoBlue.sol";
import { MathLib } from "./MathLib.sol";

/// @notice What Morpho Blue's `accrueInterest` would do to a market now, without doing it, and its share arithmetic
/// (morpho-blue: `Morpho._accrueInterest`, `SharesMathLib`, `MathLib.wTaylorCompounded`).
library MorphoMarketLib {
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_ASSETS = 1;

    /// @return assets Worth of `shares` with the interest that is due, rounded down.
    function expectedAssets(
        MorphoMarket memory market,
        MarketParams memory params,
        uint256 shares
    ) internal view returns (uint256 assets) {
        uint256 totalAssets = market.totalSupplyAssets;
        uint256 totalShares = market.totalSupplyShares;
        uint256 elapsed = block.timestamp - market.lastUpdate;
        if (elapsed != 0 && market.totalBorrowAssets != 0 && params.irm != address(0)) {
            uint256 rate = IMorphoIrm(params.irm).borrowRateView(params, market);
            uint256 interest = (market.totalBorrowAssets * _taylorCompounded(rate, elapsed)) / MathLib.WAD;
            totalAssets += interest;
            if (market.fee != 0) {
                uint256 feeAssets = (interest * market.fee) / MathLib.WAD;
                // The fee is paid in shares of the total without the fee.
                totalShares += toSharesDown(feeAssets, totalAssets - feeAssets, totalShares);
            }
        }
        return toAssetsDown(shares, totalAssets, totalShares);
    }

    function toSharesDown(uint256 assets, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (assets * (totalShares + VIRTUAL_SHARES)) / (totalAssets + VIRTUAL_ASSETS);
    }

    function toAssetsDown(uint256 shares, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (shares * (totalAssets + VIRTUAL_ASSETS)) / (totalShares + VIRTUAL_SHARES);
    }

    /// @return The first three terms of e^(rate x elapsed) - 1, 1e18 = 100 %.
    function _taylorCompounded(uint256 rate, uint256 elapsed) private pure returns (uint256) {
        uint256 first = rate * elapsed;
        uint256 second = (first * first) / (2 * MathLib.WAD);
        uint256 third = (second * first) / (3 * MathLib.WAD);
        return first + second + third;
    }
}
