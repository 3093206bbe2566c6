// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IMorphoBlue, IMorphoIrm, MarketParams, MorphoMarket } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "./ErrorsLib.sol";
import { MathLib } from "./MathLib.sol";

/// @notice What Morpho Blue's `accrueInterest` would do to a market now, without doing it, and its share arithmetic
/// (morpho-blue: `Morpho._accrueInterest`, `SharesMathLib`, `MathLib.wTaylorCompounded`).
///
/// A market whose rate model fails, or asks for more than Morpho can book, takes no call any more: Morpho itself reverts.
/// It counts at what was booked last, so that it does not stop the reads of the others.
library MorphoMarketLib {
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_ASSETS = 1;
    /// @dev Enough for any rate model; the adaptive curve takes some 6,000.
    uint256 private constant RATE_GAS = 200_000;
    /// @dev Beyond this rate x time no market can be; up to it nothing below overflows.
    uint256 private constant MAX_EXPONENT = 100e18;

    /// @dev `MorphoBlue.market` into memory as it comes, without the checks of an ABI decoder: the words are Morpho's own.
    function load(address morpho, bytes32 marketId) internal view returns (MorphoMarket memory market) {
        bytes4 selector = IMorphoBlue.market.selector;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, marketId)
            if iszero(and(gt(returndatasize(), 0xbf), staticcall(gas(), morpho, 0x00, 0x24, market, 0xc0))) {
                revert(0x00, 0x00)
            }
        }
    }

    /// @return assets Worth of `shares` with the interest that is due, rounded down.
    /// @return isSound False where the market's rate model fails, so that nothing moves in it.
    function expectedAssets(
        MorphoMarket memory market,
        MarketParams memory params,
        uint256 shares
    ) internal view returns (uint256 assets, bool isSound) {
        uint256 totalAssets = market.totalSupplyAssets;
        uint256 totalShares = market.totalSupplyShares;
        uint256 elapsed = block.timestamp - market.lastUpdate;
        isSound = true;
        if (elapsed != 0 && params.irm != address(0)) {
            uint256 rate;
            (rate, isSound) = _rate(params, market);
            isSound = isSound && rate <= MAX_EXPONENT / elapsed;
            if (isSound) {
                uint256 interest = (market.totalBorrowAssets * _taylorCompounded(rate, elapsed)) / MathLib.WAD;
                isSound = totalAssets + interest <= type(uint128).max;
                if (isSound) {
                    totalAssets += interest;
                    if (market.fee != 0) {
                        uint256 feeAssets = (interest * market.fee) / MathLib.WAD;
                        // The fee is paid in shares of the total without the fee.
                        totalShares += toSharesDown(feeAssets, totalAssets - feeAssets, totalShares);
                    }
                }
            }
        }
        assets = toAssetsDown(shares, totalAssets, totalShares);
    }

    function toSharesDown(uint256 assets, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (assets * (totalShares + VIRTUAL_SHARES)) / (totalAssets + VIRTUAL_ASSETS);
    }

    function toAssetsDown(uint256 shares, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (shares * (totalAssets + VIRTUAL_ASSETS)) / (totalShares + VIRTUAL_SHARES);
    }

    /// @dev `IMorphoIrm.borrowRateView`: both structs lie in memory as the call wants them. Whoever starves the call of gas
    /// cannot make the model look broken: what is left after such a failure is too little to go on with.
    function _rate(
        MarketParams memory params,
        MorphoMarket memory market
    ) private view returns (uint256 rate, bool success) {
        bytes4 selector = IMorphoIrm.borrowRateView.selector;
        address irm = params.irm;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mcopy(add(input, 0x04), params, 0xa0)
            mcopy(add(input, 0xa4), market, 0xc0)
            success := and(gt(returndatasize(), 0x1f), staticcall(RATE_GAS, irm, input, 0x164, 0x00, 0x20))
            rate := mload(0x00)
        }
        require(success || gasleft() > RATE_GAS / 63, ErrorsLib.OutOfGas());
    }

    /// @return The first three terms of e^(rate x elapsed) - 1, 1e18 = 100 %.
    function _taylorCompounded(uint256 rate, uint256 elapsed) private pure returns (uint256) {
        uint256 first = rate * elapsed;
        uint256 second = (first * first) / (2 * MathLib.WAD);
        uint256 third = (second * first) / (3 * MathLib.WAD);
        return first + second + third;
    }
}
