// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IMorphoBlue, IMorphoIrm, MarketParams } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "./ErrorsLib.sol";
import { MathLib } from "./MathLib.sol";

/// @dev Memory in which markets are reckoned, one after another: the input of `IMorphoIrm.borrowRateView`, that is its
/// selector, the market's params and, as Morpho returns it, the market's state. Nothing is encoded or copied twice.
type MarketFrame is uint256;

/// @notice What Morpho Blue's `accrueInterest` would do to a market now, without doing it, and its share arithmetic
/// (morpho-blue: `Morpho._accrueInterest`, `SharesMathLib`, `MathLib.wTaylorCompounded`). It is the vault's hot loop,
/// hence the assembly; test/contracts/adapters/MorphoMarketLib.t.sol holds it against a plain version.
///
/// A market whose rate model fails, or asks for more than Morpho can book, takes no call any more: Morpho itself reverts.
/// It counts at what was booked last, so that it does not stop the reads of the others.
library MorphoMarketLib {
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_ASSETS = 1;
    /// @dev Enough for any rate model; the adaptive curve takes some 7,000.
    uint256 private constant RATE_GAS = 200_000;
    /// @dev Beyond this rate x time no market can be; up to it nothing below overflows.
    uint256 private constant MAX_EXPONENT = 100e18;

    /// @return frame A fresh frame. 0x00 selector, 0x04 params (5 words), 0xa4 state (6 words), 0x164 end.
    function newFrame() internal pure returns (MarketFrame frame) {
        bytes4 selector = IMorphoIrm.borrowRateView.selector;
        assembly ("memory-safe") {
            frame := mload(0x40)
            mstore(0x40, add(frame, 0x180))
            mstore(frame, selector)
        }
    }

    /// @notice Reads a market into the frame.
    /// @param params Where its params lie in memory, five words.
    function read(MarketFrame frame, address morpho, bytes32 marketId, uint256 params) internal view {
        bytes4 selector = IMorphoBlue.market.selector;
        assembly ("memory-safe") {
            mcopy(add(frame, 0x04), params, 0xa0)
            mstore(0x00, selector)
            mstore(0x04, marketId)
            if iszero(and(gt(returndatasize(), 0xbf), staticcall(gas(), morpho, 0, 0x24, add(frame, 0xa4), 0xc0))) {
                revert(0x00, 0x00)
            }
        }
    }

    /// @notice The same for params that were decoded.
    function read(MarketFrame frame, address morpho, bytes32 marketId, MarketParams memory params) internal view {
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := params
        }
        read(frame, morpho, marketId, pointer);
    }

    /// @return True where the market exists.
    function exists(MarketFrame frame) internal pure returns (bool) {
        return _word(frame, 0x124) != 0;
    }

    /// @return What is not lent, in asset units. Interest accrues to deposits and debt alike, so that it is the same
    /// before and after.
    function free(MarketFrame frame) internal pure returns (uint256) {
        return _word(frame, 0xa4) - _word(frame, 0xe4);
    }

    /// @return assets Worth of `shares` with the interest that is due, rounded down.
    /// @return isSound False where the market's rate model fails, so that nothing moves in it.
    function expectedAssets(MarketFrame frame, uint256 shares) internal view returns (uint256 assets, bool isSound) {
        uint256 totalAssets = _word(frame, 0xa4);
        uint256 totalShares = _word(frame, 0xc4);
        isSound = true;
        // Amounts and shares of a market fit 128 bits, and MAX_EXPONENT bounds the interest at 2^194.
        unchecked {
            uint256 elapsed = block.timestamp - _word(frame, 0x124);
            if (elapsed != 0 && _word(frame, 0x64) != 0) {
                uint256 rate;
                (rate, isSound) = _rate(frame);
                uint256 interest;
                if (isSound && rate <= MAX_EXPONENT / elapsed) {
                    interest = (_word(frame, 0xe4) * _taylorCompounded(rate * elapsed)) / MathLib.WAD;
                    isSound = totalAssets + interest <= type(uint128).max;
                } else {
                    isSound = false;
                }
                if (isSound && interest != 0) {
                    totalAssets += interest;
                    uint256 fee = _word(frame, 0x144);
                    if (fee != 0) {
                        uint256 feeAssets = (interest * fee) / MathLib.WAD;
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

    /// @dev Whoever starves the call of gas cannot make the model look broken: what is left after such a failure is too
    /// little to go on with.
    function _rate(MarketFrame frame) private view returns (uint256 rate, bool success) {
        assembly ("memory-safe") {
            let irm := mload(add(frame, 0x64))
            success := and(gt(returndatasize(), 0x1f), staticcall(RATE_GAS, irm, frame, 0x164, 0x00, 0x20))
            rate := mload(0x00)
        }
        require(success || gasleft() > RATE_GAS / 63, ErrorsLib.OutOfGas());
    }

    /// @param first Rate x time, at most MAX_EXPONENT.
    /// @return The first three terms of e^first - 1, 1e18 = 100 %.
    function _taylorCompounded(uint256 first) private pure returns (uint256) {
        unchecked {
            uint256 second = (first * first) / (2 * MathLib.WAD);
            uint256 third = (second * first) / (3 * MathLib.WAD);
            return first + second + third;
        }
    }

    function _word(MarketFrame frame, uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(frame, at))
        }
    }
}
