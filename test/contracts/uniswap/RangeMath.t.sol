// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { SqrtPriceMath } from "@uniswap/v4-core/src/libraries/SqrtPriceMath.sol";
import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";

/// @notice Tick and range mathematics, to the unit, against the SDK of Uniswap v3: the rows that
/// scripts/make-range-vectors.ts wrote.
contract RangeMathTest is Test {
    int256[] private row;

    function test_ticksPricesAmountsAndLiquidityEqualTheSdk() public {
        string memory json = vm.readFile("test/vectors/range-math.json");
        uint256 count = vm.parseJsonUint(json, ".count");
        uint256[4] memory seen;
        for (uint256 i; i < count; ++i) {
            row = vm.parseJsonIntArray(json, string.concat(".rows[", vm.toString(i), "]"));
            uint256 kind = uint256(row[0]);
            ++seen[kind];
            if (kind == 0) {
                assertEq(TickMath.getSqrtPriceAtTick(int24(row[1])), uint256(row[2]));
            } else if (kind == 1) {
                assertEq(TickMath.getTickAtSqrtPrice(uint160(uint256(row[1]))), row[2]);
            } else if (kind == 2) {
                _checkAmounts();
            } else {
                (uint160 price, uint160 lower, uint160 upper) = _prices();
                uint256 found = RangeMathLib.liquidityFor(price, lower, upper, uint256(row[4]), uint256(row[5]));
                assertEq(found, uint256(row[6]));
            }
        }
        assertGt(seen[0], 60);
        assertGt(seen[1], 60);
        assertGt(seen[2], 90);
        assertEq(seen[2], seen[3]);
    }

    function _checkAmounts() private view {
        (uint160 price, uint160 lower, uint160 upper) = _prices();
        uint128 liquidity = uint128(uint256(row[4]));
        (uint256 amount0, uint256 amount1) = RangeMathLib.amountsFor(price, lower, upper, liquidity);
        assertEq(amount0, uint256(row[5]));
        assertEq(amount1, uint256(row[6]));
        uint160 inside =
            price < lower
                ? lower
                : price > upper
                    ? upper
                    : price;
        assertEq(SqrtPriceMath.getAmount0Delta(inside, upper, liquidity, true), uint256(row[7]));
        assertEq(SqrtPriceMath.getAmount1Delta(lower, inside, liquidity, true), uint256(row[8]));
    }

    function _prices() private view returns (uint160 price, uint160 lower, uint160 upper) {
        price = uint160(uint256(row[1]));
        lower = TickMath.getSqrtPriceAtTick(int24(row[2]));
        upper = TickMath.getSqrtPriceAtTick(int24(row[3]));
    }

    /// @dev Whoever is paid for liquidity never needs more than the amounts that it was reckoned from.
    function testFuzz_liquidityNeverCostsMoreThanTheAmounts(
        int24 tick,
        int24 lowerTick,
        uint24 width,
        uint96 given0,
        uint96 given1
    ) public pure {
        tick = int24(bound(tick, -200_000, 200_000));
        lowerTick = int24(bound(lowerTick, tick - 5_000, tick + 5_000));
        int24 upperTick = lowerTick + int24(uint24(bound(width, 1, 10_000)));
        uint160 price = TickMath.getSqrtPriceAtTick(tick);
        uint160 lower = TickMath.getSqrtPriceAtTick(lowerTick);
        uint160 upper = TickMath.getSqrtPriceAtTick(upperTick);
        uint128 liquidity = RangeMathLib.liquidityFor(price, lower, upper, given0, given1);
        uint160 inside =
            price < lower
                ? lower
                : price > upper
                    ? upper
                    : price;
        if (price < upper) assertLe(SqrtPriceMath.getAmount0Delta(inside, upper, liquidity, true), given0);
        if (price > lower) assertLe(SqrtPriceMath.getAmount1Delta(lower, inside, liquidity, true), given1);
    }

    /// @dev The lower of two values of a range is its value at the price at which the other token is cheaper: what the
    /// adapter's valuation rests on. One unit for each rounding.
    function testFuzz_theWorthOfARangeRisesWithThePriceOfTheOtherToken(
        int24 tick,
        uint24 rise,
        int24 lowerTick,
        uint24 width,
        uint128 liquidity,
        bool assetIsToken0
    ) public pure {
        tick = int24(bound(tick, -200_000, 200_000));
        int24 higher = tick + int24(uint24(bound(rise, 1, 5_000)));
        lowerTick = int24(bound(lowerTick, tick - 10_000, tick + 10_000));
        int24 upperTick = lowerTick + int24(uint24(bound(width, 1, 10_000)));
        liquidity = uint128(bound(liquidity, 0, 1e30));
        uint256 atLower = _worth(tick, lowerTick, upperTick, liquidity, assetIsToken0);
        uint256 atHigher = _worth(higher, lowerTick, upperTick, liquidity, assetIsToken0);
        // Token0 is dearer at the higher price, token1 at the lower one.
        if (assetIsToken0) (atLower, atHigher) = (atHigher, atLower);
        uint256 unit = 2 + _toAsset(assetIsToken0 ? tick : higher, 2, assetIsToken0);
        assertLe(atLower, atHigher + unit);
    }

    function _worth(
        int24 tick,
        int24 lowerTick,
        int24 upperTick,
        uint128 liquidity,
        bool assetIsToken0
    ) private pure returns (uint256) {
        (uint256 amount0, uint256 amount1) = RangeMathLib.amountsFor(
            TickMath.getSqrtPriceAtTick(tick),
            TickMath.getSqrtPriceAtTick(lowerTick),
            TickMath.getSqrtPriceAtTick(upperTick),
            liquidity
        );
        return
            assetIsToken0
                ? amount0 + _toAsset(tick, amount1, assetIsToken0)
                : amount1 + _toAsset(tick, amount0, assetIsToken0);
    }

    function _toAsset(int24 tick, uint256 amount, bool assetIsToken0) private pure returns (uint256) {
        uint160 price = TickMath.getSqrtPriceAtTick(tick);
        return assetIsToken0 ? RangeMathLib.toToken0(price, amount) : RangeMathLib.toToken1(price, amount);
    }

    function test_aPriceMovedByAShareAndBackIsItself() public pure {
        uint160 price = TickMath.getSqrtPriceAtTick(12_345);
        assertApproxEqAbs(RangeMathLib.below(RangeMathLib.above(price, 50), 50), price, 2);
        // 1 % of the price is half as much of its root.
        assertApproxEqRel(RangeMathLib.above(price, 100), (uint256(price) * 1.00498756e18) / 1e18, 1e10);
        assertEq(RangeMathLib.above(type(uint160).max, 100), type(uint160).max);
    }
}
