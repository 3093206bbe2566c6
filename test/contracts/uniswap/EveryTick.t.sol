// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @notice Prices grow with ticks, and ticks with prices, over all 1,774,545 ticks. A symbolic proof would follow 2^19
/// paths; walking them all takes a few seconds. Two more things hold at each tick walked: the tick of its price is the
/// tick, and one unit of price less is the tick before.
contract EveryTickTest is Test {
    /// @dev Every how many ticks the way back is walked too; a prime, so that all residues of powers of two come up.
    int24 private constant BACK_EVERY = 61;
    int24 private constant PARTS = 8;

    function _walk(int24 part) private pure {
        int24 from = TickMath.MIN_TICK + (int24(2 * TickMath.MAX_TICK) / PARTS) * part;
        int24 to = part == PARTS - 1 ? TickMath.MAX_TICK : from + int24(2 * TickMath.MAX_TICK) / PARTS;
        uint160 last = TickMath.getSqrtPriceAtTick(from);
        for (int24 tick = from + 1; tick <= to; ++tick) {
            uint160 price = TickMath.getSqrtPriceAtTick(tick);
            if (price <= last) revert("prices do not grow");
            // The highest price itself belongs to no tick.
            if (tick % BACK_EVERY == 0 && tick < TickMath.MAX_TICK) {
                if (TickMath.getTickAtSqrtPrice(price) != tick) revert("the tick of its price is another");
                if (TickMath.getTickAtSqrtPrice(price - 1) != tick - 1) revert("a unit less is not the tick before");
            }
            last = price;
        }
    }

    function test_pricesGrowWithTicks_1of8() public pure {
        _walk(0);
    }

    function test_pricesGrowWithTicks_2of8() public pure {
        _walk(1);
    }

    function test_pricesGrowWithTicks_3of8() public pure {
        _walk(2);
    }

    function test_pricesGrowWithTicks_4of8() public pure {
        _walk(3);
    }

    function test_pricesGrowWithTicks_5of8() public pure {
        _walk(4);
    }

    function test_pricesGrowWithTicks_6of8() public pure {
        _walk(5);
    }

    function test_pricesGrowWithTicks_7of8() public pure {
        _walk(6);
    }

    function test_pricesGrowWithTicks_8of8() public pure {
        _walk(7);
    }
}
