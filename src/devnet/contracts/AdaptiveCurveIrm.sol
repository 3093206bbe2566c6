// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IIrm } from "@morpho-org/morpho-blue/src/interfaces/IIrm.sol";
import { Id, MarketParams, Market } from "@morpho-org/morpho-blue/src/interfaces/IMorpho.sol";

/// @title AdaptiveCurveIrm
/// @notice The interest rate model of Morpho Blue markets on the devnet, written from its published specification.
///
/// SPECIFICATION
/// A market has one state variable, the borrow rate at target utilisation `rT` (WAD per second). With utilisation `u`,
/// target 90 % and error `e`, the distance from the target as a share of the room on that side:
///
///     e = (u - 0.9) / (u > 0.9 ? 0.1 : 0.9)                        in [-1, 1]
///     rate(u) = rT * (e < 0 ? (1 - 1/4) * e + 1 : (4 - 1) * e + 1)  from rT/4 at u = 0 to 4 rT at u = 1
///     rT moves by the factor exp(50/year * e * elapsed), kept inside [0.1 %, 200 %] per year; it starts at 4 %.
///
/// The rate charged for a period is the mean of the curve over it. The integral of the exponential is taken by the
/// trapezoidal rule with two intervals: mean rT = (start + end + 2 * middle) / 4.
///
/// ROUNDING
/// Every product and quotient is truncated toward zero, in the order written here, so that results equal
/// `AdaptiveCurveIrmLib` of the package blue-sdk to the wei; a differential test holds the two together.
///
/// GAS
/// `borrowRateView` costs what the deployed model's does, to 30 gas: figures of vaults that call it stand beside figures
/// that were measured on that one. Hence `unchecked` in one part and none in the other.
///
/// LEFT OUT
/// Nothing of the model. `borrowRate` may only be called by Morpho, because it stores the new rate at target.
contract AdaptiveCurveIrm is IIrm {
    int256 private constant WAD = 1e18;

    int256 public constant CURVE_STEEPNESS = 4e18;
    int256 public constant TARGET_UTILIZATION = 0.9e18;
    int256 public constant ADJUSTMENT_SPEED = 50e18 / int256(365 days);
    int256 public constant INITIAL_RATE_AT_TARGET = 0.04e18 / int256(365 days);
    int256 public constant MIN_RATE_AT_TARGET = 0.001e18 / int256(365 days);
    int256 public constant MAX_RATE_AT_TARGET = 2e18 / int256(365 days);

    /// @dev ln(2), ln(1e-18), and the largest exponent whose exponential times 1e18 still fits 256 bits, with its value.
    int256 private constant LN_2 = 0.693147180559945309e18;
    int256 private constant LN_WEI = -41.446531673892822312e18;
    int256 private constant EXP_UPPER_BOUND = 93.859467695000404319e18;
    int256 private constant EXP_UPPER_VALUE = 57716089161558943949701069502944508345128.422502756744429568e18;

    address public immutable MORPHO;

    /// @notice Borrow rate at target utilisation after the last accrual, WAD per second; zero before the first one.
    mapping(Id => int256) public rateAtTarget;

    error NotMorpho(address caller);
    error ZeroAddress();

    event BorrowRateUpdate(Id indexed id, uint256 avgBorrowRate, uint256 rateAtTarget);

    constructor(address morpho) {
        if (morpho == address(0)) revert ZeroAddress();
        MORPHO = morpho;
    }

    /// @inheritdoc IIrm
    function borrowRate(MarketParams memory marketParams, Market memory market) external returns (uint256) {
        if (msg.sender != MORPHO) revert NotMorpho(msg.sender);
        Id id = _id(marketParams);
        (uint256 meanRate, int256 endRateAtTarget) = _ratesOf(id, market);
        rateAtTarget[id] = endRateAtTarget;
        emit BorrowRateUpdate(id, meanRate, uint256(endRateAtTarget));
        return meanRate;
    }

    /// @inheritdoc IIrm
    function borrowRateView(MarketParams memory marketParams, Market memory market) external view returns (uint256) {
        (uint256 meanRate, ) = _ratesOf(_id(marketParams), market);
        return meanRate;
    }

    /// @notice The whole model as a pure function.
    /// @param utilisation borrowed over supplied assets, WAD.
    /// @param startRateAtTarget rate at target at the start of the period, WAD per second; zero on first use.
    /// @param elapsed seconds since the last accrual.
    /// @return meanRate borrow rate charged for the period, WAD per second.
    /// @return endRateAtTarget rate at target at its end, WAD per second.
    function rates(
        int256 utilisation,
        int256 startRateAtTarget,
        int256 elapsed
    ) external pure returns (int256 meanRate, int256 endRateAtTarget) {
        return _rates(utilisation, startRateAtTarget, elapsed);
    }

    /// @notice e^x for a WAD exponent: 2^q times the second-order Taylor polynomial of the rest, |rest| <= ln(2)/2.
    function wExp(int256 x) external pure returns (int256) {
        return _exp(x);
    }

    /// @dev Amounts of a market fit 128 bits, and nobody borrows more than is supplied, so that the distance lies within one
    /// WAD; the time fits 64 bits, rates 37, and an exponential at its bound 196: no product passes 255 bits.
    function _rates(
        int256 utilisation,
        int256 startRateAtTarget,
        int256 elapsed
    ) private pure returns (int256 meanRate, int256 endRateAtTarget) {
        unchecked {
            int256 room = utilisation > TARGET_UTILIZATION ? WAD - TARGET_UTILIZATION : TARGET_UTILIZATION;
            int256 distance = ((utilisation - TARGET_UTILIZATION) * WAD) / room;

            int256 meanRateAtTarget;
            if (startRateAtTarget == 0) {
                meanRateAtTarget = INITIAL_RATE_AT_TARGET;
                endRateAtTarget = INITIAL_RATE_AT_TARGET;
            } else {
                int256 exponent = ((ADJUSTMENT_SPEED * distance) / WAD) * elapsed;
                if (exponent == 0) {
                    meanRateAtTarget = startRateAtTarget;
                    endRateAtTarget = startRateAtTarget;
                } else {
                    endRateAtTarget = _moved(startRateAtTarget, exponent);
                    int256 middle = _moved(startRateAtTarget, exponent / 2);
                    meanRateAtTarget = (startRateAtTarget + endRateAtTarget + 2 * middle) / 4;
                }
            }
            int256 slope = distance < 0 ? WAD - (WAD * WAD) / CURVE_STEEPNESS : CURVE_STEEPNESS - WAD;
            meanRate = (((slope * distance) / WAD + WAD) * meanRateAtTarget) / WAD;
        }
    }

    function _ratesOf(Id id, Market memory market) private view returns (uint256 meanRate, int256 endRateAtTarget) {
        unchecked {
            uint256 supplied = market.totalSupplyAssets;
            int256 utilisation =
                supplied == 0 ? int256(0) : int256((uint256(market.totalBorrowAssets) * uint256(WAD)) / supplied);
            int256 mean;
            (mean, endRateAtTarget) = _rates(
                utilisation,
                rateAtTarget[id],
                int256(block.timestamp - market.lastUpdate)
            );
            meanRate = uint256(mean);
        }
    }

    function _moved(int256 startRateAtTarget, int256 exponent) private pure returns (int256) {
        unchecked {
            int256 next = (startRateAtTarget * _exp(exponent)) / WAD;
            if (next < MIN_RATE_AT_TARGET) return MIN_RATE_AT_TARGET;
            if (next > MAX_RATE_AT_TARGET) return MAX_RATE_AT_TARGET;
            return next;
        }
    }

    function _exp(int256 x) private pure returns (int256) {
        if (x < LN_WEI) return 0;
        if (x >= EXP_UPPER_BOUND) return EXP_UPPER_VALUE;
        int256 q = (x + (x < 0 ? -(LN_2 / 2) : LN_2 / 2)) / LN_2;
        int256 rest = x - q * LN_2;
        int256 expRest = WAD + rest + (rest * rest) / WAD / 2;
        return q >= 0 ? expRest << uint256(q) : expRest >> uint256(-q);
    }

    function _id(MarketParams memory marketParams) private pure returns (Id) {
        return Id.wrap(keccak256(abi.encode(marketParams)));
    }
}
