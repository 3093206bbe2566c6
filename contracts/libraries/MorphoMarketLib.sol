// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IMorphoBlue, IMorphoIrm, MarketParams } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "./ErrorsLib.sol";

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
    uint256 private constant WAD = 1e18;
    uint256 private constant TWO_WAD = 2e18;
    uint256 private constant THREE_WAD = 3e18;
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

    /// @notice The same for params that nobody copied yet.
    function readFor(MarketFrame frame, address morpho, bytes32 marketId, MarketParams calldata params) internal view {
        uint256 place;
        assembly ("memory-safe") {
            place := add(frame, 0x04)
            calldatacopy(place, params, 0xa0)
        }
        read(frame, morpho, marketId, place);
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

    /// @param shares At most 128 bits, as any lender's are.
    /// @return assets Worth of `shares` with the interest that is due, rounded down.
    /// @return isSound False where the market's rate model fails, so that nothing moves in it.
    function expectedAssets(MarketFrame frame, uint256 shares) internal view returns (uint256 assets, bool isSound) {
        bytes4 outOfGas = ErrorsLib.OutOfGas.selector;
        // Amounts and shares of a market fit 128 bits, and MAX_EXPONENT bounds the interest at 2^194: nothing overflows,
        // and nothing that divides is zero.
        assembly ("memory-safe") {
            let totalAssets := mload(add(frame, 0xa4))
            let totalShares := mload(add(frame, 0xc4))
            let elapsed := sub(timestamp(), mload(add(frame, 0x124)))
            isSound := 1
            if iszero(or(iszero(elapsed), iszero(mload(add(frame, 0x64))))) {
                isSound := and(
                    gt(returndatasize(), 0x1f),
                    staticcall(RATE_GAS, mload(add(frame, 0x64)), frame, 0x164, 0x00, 0x20)
                )
                // Whoever starves the call of gas cannot make the model look broken: what is left after such a failure is
                // too little to go on with.
                if iszero(or(isSound, gt(gas(), div(RATE_GAS, 63)))) {
                    mstore(0x00, outOfGas)
                    revert(0x00, 0x04)
                }
                let x := mload(0x00)
                isSound := and(isSound, iszero(gt(x, div(MAX_EXPONENT, elapsed))))
                if isSound {
                    // The first three terms of e^x - 1.
                    x := mul(x, elapsed)
                    let second := div(mul(x, x), TWO_WAD)
                    let interest := add(add(x, second), div(mul(second, x), THREE_WAD))
                    interest := div(mul(mload(add(frame, 0xe4)), interest), WAD)
                    isSound := iszero(shr(128, add(totalAssets, interest)))
                    if isSound {
                        totalAssets := add(totalAssets, interest)
                        let feeAssets := mload(add(frame, 0x144))
                        if feeAssets {
                            // The fee is paid in shares of the total without the fee.
                            feeAssets := div(mul(interest, feeAssets), WAD)
                            totalShares := add(
                                totalShares,
                                div(
                                    mul(feeAssets, add(totalShares, VIRTUAL_SHARES)),
                                    add(sub(totalAssets, feeAssets), VIRTUAL_ASSETS)
                                )
                            )
                        }
                    }
                }
            }
            assets := div(mul(shares, add(totalAssets, VIRTUAL_ASSETS)), add(totalShares, VIRTUAL_SHARES))
        }
    }

    function toAssetsDown(uint256 shares, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (shares * (totalAssets + VIRTUAL_ASSETS)) / (totalShares + VIRTUAL_SHARES);
    }

    function _word(MarketFrame frame, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(frame, offset))
        }
    }
}
