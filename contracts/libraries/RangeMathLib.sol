// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { FixedPointMathLib } from "solady/utils/FixedPointMathLib.sol";
import { SafeCast } from "@uniswap/v4-core/src/libraries/SafeCast.sol";
import { SqrtPriceMath } from "@uniswap/v4-core/src/libraries/SqrtPriceMath.sol";
import { MathLib } from "./MathLib.sol";

/// @notice What a range of a Uniswap v3 pool holds and is worth, and the swap that brings two amounts into its proportion.
/// Prices are square roots of token1 units per token0 unit, 2^96 = 1; `lower` < `upper` are those of a range's ticks.
/// Amounts and liquidity are v3-periphery's `LiquidityAmounts` to the unit; deltas are v4-core's `SqrtPriceMath`.
library RangeMathLib {
    using SafeCast for uint256;

    uint256 private constant Q96 = 1 << 96;
    uint256 private constant PIPS = 1e6;
    /// @dev Halvings of the way to the price limit: 1 % / 2^24 is a few parts in 10^10 of the price.
    uint256 private constant HALVINGS = 24;
    /// @dev Amounts that miss the range's proportion by less than this share are left as they are.
    uint256 private constant NEAR = 1_000;

    /// @param price Price of the pool.
    /// @param lower Lower end of the range.
    /// @param upper Upper end of the range.
    /// @param lowest Lowest price to which a swap may take the pool.
    /// @param highest Highest one.
    /// @param liquidity Liquidity of the pool at its price.
    /// @param feePips Its swap fee in hundredths of a basis point.
    struct Market {
        uint160 price;
        uint160 lower;
        uint160 upper;
        uint160 lowest;
        uint160 highest;
        uint128 liquidity;
        uint24 feePips;
    }

    /// @return amount0 Token0 in `liquidity` of the range at a price, rounded down.
    /// @return amount1 Token1 in it, rounded down.
    function amountsFor(
        uint160 price,
        uint160 lower,
        uint160 upper,
        uint128 liquidity
    ) internal pure returns (uint256 amount0, uint256 amount1) {
        if (price < upper) {
            amount0 = SqrtPriceMath.getAmount0Delta(price > lower ? price : lower, upper, liquidity, false);
        }
        if (price > lower) {
            amount1 = SqrtPriceMath.getAmount1Delta(lower, price < upper ? price : upper, liquidity, false);
        }
    }

    /// @return Most liquidity of the range that the two amounts can pay for at a price.
    function liquidityFor(
        uint160 price,
        uint160 lower,
        uint160 upper,
        uint256 amount0,
        uint256 amount1
    ) internal pure returns (uint128) {
        if (price <= lower) return _liquidityFor0(lower, upper, amount0).toUint128();
        if (price >= upper) return _liquidityFor1(lower, upper, amount1).toUint128();
        return MathLib.min(_liquidityFor0(price, upper, amount0), _liquidityFor1(lower, price, amount1)).toUint128();
    }

    /// @return Token1 units for `amount0` at a price, rounded down (v3-periphery: `OracleLibrary.getQuoteAtTick`).
    function toToken1(uint160 price, uint256 amount0) internal pure returns (uint256) {
        if (price <= type(uint128).max) return MathLib.mulDivDown(uint256(price) * price, amount0, 1 << 192);
        return MathLib.mulDivDown(MathLib.mulDivDown(price, price, 1 << 64), amount0, 1 << 128);
    }

    /// @return Token0 units for `amount1` at a price, rounded down.
    function toToken0(uint160 price, uint256 amount1) internal pure returns (uint256) {
        if (price <= type(uint128).max) return MathLib.mulDivDown(1 << 192, amount1, uint256(price) * price);
        return MathLib.mulDivDown(1 << 128, amount1, MathLib.mulDivDown(price, price, 1 << 64));
    }

    /// @return The price times the square root of 1 + bps, at most 2^160 - 1.
    function above(uint160 price, uint256 bps) internal pure returns (uint160) {
        uint256 moved = MathLib.mulDivDown(price, _root(bps), Q96);
        return moved > type(uint160).max ? type(uint160).max : uint160(moved);
    }

    /// @return The price divided by the square root of 1 + bps.
    function below(uint160 price, uint256 bps) internal pure returns (uint160) {
        return uint160(MathLib.mulDivUp(price, Q96, _root(bps)));
    }

    /// @notice Where a swap should leave the pool so that what is left of the two amounts has the range's proportion.
    /// Exact while the swap crosses no tick at which the pool's liquidity changes; else the caller looks again.
    /// @return zeroForOne True where token0 is sold.
    /// @return target Price at which the swap should stop; the pool's own where nothing needs to be swapped.
    function swapTarget(
        Market memory market,
        uint256 amount0,
        uint256 amount1
    ) internal pure returns (bool zeroForOne, uint160 target) {
        target = market.price;
        (uint256 side0, uint256 side1) = _sides(market, market.price, amount0, amount1);
        zeroForOne = side0 > side1;
        uint256 excess = zeroForOne ? side0 - side1 : side1 - side0;
        if (excess <= MathLib.max(side0, side1) / NEAR) return (zeroForOne, target);

        uint160 limit = zeroForOne ? market.lowest : market.highest;
        if (zeroForOne ? limit >= target : limit <= target) return (zeroForOne, target);
        if (_hasExcess(market, limit, zeroForOne, amount0, amount1)) return (zeroForOne, limit);
        // Between `target`, where there is still too much to sell, and `limit`, where there is too little.
        for (uint256 i; i < HALVINGS; ++i) {
            uint160 middle = uint160((uint256(target) + limit) / 2);
            if (_hasExcess(market, middle, zeroForOne, amount0, amount1)) target = middle;
            else limit = middle;
        }
    }

    /* PRIVATE */

    /// @return True where a swap to `price` leaves too much of the token that it sells.
    function _hasExcess(
        Market memory market,
        uint160 price,
        bool zeroForOne,
        uint256 amount0,
        uint256 amount1
    ) private pure returns (bool) {
        uint256 delta0 = SqrtPriceMath.getAmount0Delta(market.price, price, market.liquidity, zeroForOne);
        uint256 delta1 = SqrtPriceMath.getAmount1Delta(market.price, price, market.liquidity, !zeroForOne);
        uint256 sold = MathLib.mulDivUp(zeroForOne ? delta0 : delta1, PIPS, PIPS - market.feePips);
        if (sold > (zeroForOne ? amount0 : amount1)) return false;
        if (zeroForOne) {
            (amount0, amount1) = (amount0 - sold, amount1 + delta1);
        } else {
            (amount0, amount1) = (amount0 + delta0, amount1 - sold);
        }
        (uint256 side0, uint256 side1) = _sides(market, price, amount0, amount1);
        return zeroForOne ? side0 > side1 : side1 > side0;
    }

    /// @dev Equal where the amounts have the proportion of the range at `price`: liquidity of either amount, cross-multiplied
    /// so that nothing is divided by zero at the ends of the range.
    function _sides(
        Market memory market,
        uint160 price,
        uint256 amount0,
        uint256 amount1
    ) private pure returns (uint256 side0, uint256 side1) {
        uint160 inside =
            price < market.lower
                ? market.lower
                : price > market.upper
                    ? market.upper
                    : price;
        uint256 width = market.upper - market.lower;
        uint256 worth0 = MathLib.mulDivDown(amount0, MathLib.mulDivDown(inside, market.upper, Q96), Q96);
        side0 = MathLib.mulDivDown(worth0, inside - market.lower, width);
        side1 = MathLib.mulDivDown(amount1, market.upper - inside, width);
    }

    function _liquidityFor0(uint160 lower, uint160 upper, uint256 amount0) private pure returns (uint256) {
        return MathLib.mulDivDown(amount0, MathLib.mulDivDown(lower, upper, Q96), upper - lower);
    }

    function _liquidityFor1(uint160 lower, uint160 upper, uint256 amount1) private pure returns (uint256) {
        return MathLib.mulDivDown(amount1, Q96, upper - lower);
    }

    function _root(uint256 bps) private pure returns (uint256) {
        return FixedPointMathLib.sqrt(MathLib.mulDivDown(MathLib.BPS + bps, 1 << 192, MathLib.BPS));
    }
}
