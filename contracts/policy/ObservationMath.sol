// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { LibBit } from "solady/utils/LibBit.sol";

/// @title Integer arithmetic of an observation: docs/policy-spec.md sections 1 to 4.
/// @notice Equal to the TypeScript reference on test/vectors. What is stored per venue fits three words:
///
/// - `rates`: the averages of 6, 24, 72, 168, 504 slots (Q8, 39 bits each), aprE9 (31), volatilityQ8 (22);
/// - `clock`: index (128), observedAt (40), slot (30), size slot + 1 (30), count (16), spikeSlots (10);
/// - `sizes`: supply6, borrow6, supply72, borrow72, room (Q6, 42 each).
///
/// The vault's own average position (`own72`) is kept by who decides for the vault. A `curve` word is mode (2), kinkQ16
/// (17) and three rates (40 each). First named is lowest.
///
/// @dev Unchecked throughout: section 9 of the specification bounds every intermediate of values of these widths below
/// 2^63; products with an index stay below 2^191, and gas price times ETH price below 2^256 for a price under 2^64 wei.
library ObservationMath {
    uint256 internal constant SLOT_SECONDS = 3600;
    uint256 internal constant MINIMUM_GAP_SECONDS = 1800;
    uint256 internal constant REPLAY_LIMIT = 48;
    uint256 internal constant APR_MAX = 2 ** 31 - 1;
    uint256 internal constant SIZE_MAX = 2 ** 42 - 1;
    uint256 internal constant LOG_FLOOR = 100_000;
    uint256 internal constant LEVEL_FLOOR = 2_000_000;
    uint256 internal constant GAS_MAX = 2 ** 40 - 1;

    uint256 internal constant ALPHA_6 = 114_400;
    uint256 internal constant ALPHA_24 = 29_850;
    uint256 internal constant ALPHA_72 = 10_046;
    uint256 internal constant ALPHA_168 = 4317;
    uint256 internal constant ALPHA_504 = 1441;

    uint256 private constant MASK_39 = 2 ** 39 - 1;
    uint256 private constant MASK_40 = 2 ** 40 - 1;
    uint256 private constant MASK_42 = 2 ** 42 - 1;
    uint256 private constant ONE_Q16 = 65_536;
    uint256 private constant FACTOR_MAX = 4 * 65_536;

    /// @notice How a venue's rate answers to our own deposit, unpacked once for many questions.
    struct Impact {
        uint256 mode; // 0: does not answer
        uint256 kink;
        uint256 rate0;
        uint256 low; // rise up to the kink
        uint256 rateKink;
        uint256 high; // rise beyond it
        uint256 borrowed; // borrow72 << 16
        uint256 others;
        uint256 current; // rate at the averages themselves
    }

    /// @notice What the features of all venues of a vault share.
    struct Frame {
        uint256 levelLog;
        uint256 capitalLog;
        uint256 capitalQ6;
    }

    /* LOGARITHM AND POWER */

    /// @notice Binary logarithm, Q10, of 1 ≤ x < 2^63. Zero gives what one gives.
    function log2Q10(uint256 x) internal pure returns (uint256 result) {
        unchecked {
            if (x == 0) return 0;
            uint256 msb = LibBit.fls(x);
            uint256 y = msb > 30 ? x >> (msb - 30) : x << (30 - msb);
            // Ten rounds, unrolled: a loop costs a third more, and this runs a dozen times per venue. The square has 61 or
            // 62 bits; the 62nd is the next bit of the logarithm and is shifted out with the 30.
            assembly ("memory-safe") {
                let square := mul(y, y)
                let bit := shr(61, square)
                result := add(add(msb, msb), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                square := mul(y, y)
                bit := shr(61, square)
                result := add(add(result, result), bit)
                y := shr(add(bit, 30), square)
                result := add(add(result, result), shr(61, mul(y, y)))
            }
        }
    }

    /// @notice 2^(v / 1024) in Q16, −16384 ≤ v ≤ 15359.
    function exp2Q10(int256 v) internal pure returns (uint256) {
        unchecked {
            uint256 fraction = uint256(v) & 1023;
            uint256 p = 1 << 30;
            if (fraction & 512 != 0) p = 1_518_500_249;
            if (fraction & 256 != 0) p = (p * 1_276_901_416) >> 30;
            if (fraction & 128 != 0) p = (p * 1_170_923_761) >> 30;
            if (fraction & 64 != 0) p = (p * 1_121_280_435) >> 30;
            if (fraction & 32 != 0) p = (p * 1_097_253_708) >> 30;
            if (fraction & 16 != 0) p = (p * 1_085_434_105) >> 30;
            if (fraction & 8 != 0) p = (p * 1_079_572_135) >> 30;
            if (fraction & 4 != 0) p = (p * 1_076_653_033) >> 30;
            if (fraction & 2 != 0) p = (p * 1_075_196_443) >> 30;
            if (fraction & 1 != 0) p = (p * 1_074_468_887) >> 30;
            return p >> uint256(14 - (v >> 10));
        }
    }

    /// @notice Logarithm of a rate, E9: everything below 0.01 % is 0.01 %.
    function logRate(uint256 rateE9) internal pure returns (uint256) {
        return log2Q10(rateE9 > LOG_FLOOR ? rateE9 : LOG_FLOOR);
    }

    /* MEMORY */

    /// @notice Memory after one more reading of the venue's index: at most one rate per slot, a missed slot replayed.
    /// @param index Of 1 to 2^128 − 1; the caller treats a venue with any other as stale.
    function advanceRates(
        uint256 rates,
        uint256 clock,
        uint256 index,
        uint256 timestamp
    ) internal pure returns (uint256, uint256) {
        unchecked {
            uint256 count = (clock >> 228) & 0xffff;
            if (count == 0) return (rates, _clock(clock, index, timestamp, 1, 0));
            uint256 steps = rateSteps(clock, timestamp);
            if (steps == 0) return (rates, clock);

            // One index is no rate yet: a first reading that was too high must not stand for ever.
            if (count == 1 && index < uint128(clock)) return (rates, _clock(clock, index, timestamp, 1, 0));
            uint256 apr;
            (apr, index) = _aprE9(clock, index, timestamp);
            uint256 spikeSlots;
            if (count == 1) {
                uint256 start = apr << 8;
                rates = start | (start << 39) | (start << 78) | (start << 117) | (start << 156) | (apr << 195);
            } else {
                (rates, spikeSlots) = _replay(rates, apr, steps, clock);
            }
            return (rates, _clock(clock, index, timestamp, count < 0xffff ? count + 1 : count, spikeSlots));
        }
    }

    /// @notice Steps by which a rate read at this time moves the averages; 0 where it comes too early.
    function rateSteps(uint256 clock, uint256 timestamp) internal pure returns (uint256 steps) {
        unchecked {
            uint256 slot = timestamp / SLOT_SECONDS;
            uint256 lastSlot = (clock >> 168) & 0x3fffffff;
            if (slot <= lastSlot || timestamp - ((clock >> 128) & MASK_40) < MINIMUM_GAP_SECONDS) return 0;
            steps = slot - lastSlot;
            if (steps > REPLAY_LIMIT) steps = REPLAY_LIMIT;
        }
    }

    /// @notice Steps by which a size sample of this slot moves the averages; 0 where the slot has one already.
    /// @return steps `type(uint256).max` for the very first sample, which initialises.
    function sizeSteps(uint256 clock, uint256 timestamp) internal pure returns (uint256 steps) {
        unchecked {
            uint256 next = (clock >> 198) & 0x3fffffff;
            if (next == 0) return type(uint256).max;
            uint256 slot = timestamp / SLOT_SECONDS;
            if (slot < next) return 0;
            steps = slot + 1 - next;
            if (steps > REPLAY_LIMIT) steps = REPLAY_LIMIT;
        }
    }

    /// @notice Memory after a size sample, taken by the caller only in a block in which nobody touched the venue.
    /// @param supply Whole asset units, Q6, at most 2^42 − 1; `borrow` and `room` alike.
    function advanceSizes(
        uint256 sizes,
        uint256 clock,
        uint256 timestamp,
        uint256 supply,
        uint256 borrow,
        uint256 room
    ) internal pure returns (uint256, uint256) {
        unchecked {
            uint256 steps = sizeSteps(clock, timestamp);
            if (steps == 0) return (sizes, clock);
            uint256 next = average(sizes & MASK_42, supply, ALPHA_6, steps);
            next |= average((sizes >> 42) & MASK_42, borrow, ALPHA_6, steps) << 42;
            next |= average((sizes >> 84) & MASK_42, supply, ALPHA_72, steps) << 84;
            next |= average((sizes >> 126) & MASK_42, borrow, ALPHA_72, steps) << 126;
            next |= room << 168;
            clock = (clock & ~(uint256(0x3fffffff) << 198)) | ((timestamp / SLOT_SECONDS + 1) << 198);
            return (next, clock);
        }
    }

    /// @notice An exponential average after `steps` equal samples; `type(uint256).max` steps initialise it.
    function average(uint256 value, uint256 sample, uint256 alphaQ20, uint256 steps) internal pure returns (uint256) {
        unchecked {
            if (steps == type(uint256).max) return sample;
            for (; steps != 0; --steps) value = _approach(value, sample, alphaQ20);
            return value;
        }
    }

    /// @notice Whole asset units, Q6, saturated; `unit` is 10^decimals of the asset.
    function wholeUnitsQ6(uint256 assets, uint256 unit) internal pure returns (uint256 units) {
        unchecked {
            if (assets >> 192 != 0) return SIZE_MAX;
            units = (assets << 6) / unit;
            if (units > SIZE_MAX) units = SIZE_MAX;
        }
    }

    /* CURVE */

    /// @notice Unpacks a curve and the averages over which the rate ran.
    function impactOf(uint256 curve, uint256 sizes, uint256 own72) internal pure returns (Impact memory impact) {
        unchecked {
            uint256 mode = curve & 3;
            if (mode == 0) return impact;
            uint256 supply = (sizes >> 84) & MASK_42;
            uint256 kink = (curve >> 2) & 0x1ffff;
            uint256 rate0 = (curve >> 19) & MASK_40;
            uint256 rateKink = (curve >> 59) & MASK_40;
            uint256 top = (curve >> 99) & MASK_40;
            if (kink > ONE_Q16) kink = ONE_Q16;
            if (rateKink < rate0) rateKink = rate0;
            if (top < rateKink) top = rateKink;
            impact.mode = mode;
            impact.kink = kink;
            impact.rate0 = rate0;
            impact.low = rateKink - rate0;
            impact.rateKink = rateKink;
            impact.high = top - rateKink;
            impact.borrowed = ((sizes >> 126) & MASK_42) << 16;
            impact.others = supply > own72 ? supply - own72 : 0;
            impact.current = _supplyRate(impact, supply);
            if (impact.current == 0) impact.mode = 0;
        }
    }

    /// @notice Factor, Q16, by which the averaged rate changes with `deposited` of ours beside the others.
    function factorQ16(Impact memory impact, uint256 deposited) internal pure returns (uint256 factor) {
        unchecked {
            if (impact.mode == 0) return ONE_Q16;
            factor = (_supplyRate(impact, impact.others + deposited) << 16) / impact.current;
            if (factor > FACTOR_MAX) factor = FACTOR_MAX;
        }
    }

    /* FEATURES */

    /// @notice Means of the averages over the venues whose rate is known, with a floor of 0.2 %.
    function levels(
        uint256[] memory rates,
        uint256[] memory clocks
    ) internal pure returns (uint256 level, uint256 level24, uint256 level504) {
        unchecked {
            uint256 known;
            for (uint256 j; j < rates.length; ++j) {
                if ((clocks[j] >> 228) & 0xffff < 2) continue;
                uint256 word = rates[j];
                ++known;
                level24 += (word >> 47) & APR_MAX;
                level += (word >> 86) & APR_MAX;
                level504 += (word >> 164) & APR_MAX;
            }
            if (known > 1) {
                level /= known;
                level24 /= known;
                level504 /= known;
            }
            if (level < LEVEL_FLOOR) level = LEVEL_FLOOR;
            if (level24 < LEVEL_FLOOR) level24 = LEVEL_FLOOR;
            if (level504 < LEVEL_FLOOR) level504 = LEVEL_FLOOR;
        }
    }

    /// @notice Gas of one touched venue as a share of the capital, 1e12 = 100 %.
    function gasShareE12(
        uint256 units,
        uint256 gasPriceWei,
        uint256 assetsPerEthE8,
        uint256 capitalQ6
    ) internal pure returns (uint256 share) {
        unchecked {
            if (capitalQ6 == 0) return GAS_MAX;
            share = (units * gasPriceWei * assetsPerEthE8 * 64) / (1e14 * capitalQ6);
            if (share > GAS_MAX) share = GAS_MAX;
        }
    }

    /// @notice The five features that all venues share, packed.
    function globalFeatures(
        uint256 level,
        uint256 level24,
        uint256 level504,
        uint256 gasPerLegE12
    ) internal pure returns (uint256 word) {
        unchecked {
            int256 levelLog = int256(logRate(level));
            word = _lane((int256(log2Q10(gasPerLegE12)) - 20_480) >> 1);
            word |= _lane(levelLog - 25_859) << 13;
            word |= _lane(2 * (int256(logRate(level24)) - levelLog)) << 26;
            word |= _lane(2 * (levelLog - int256(logRate(level504)))) << 39;
            word |= uint256(4096) << 52;
        }
    }

    /// @notice The twelve features of one venue, packed; all zero values before its rate is known.
    function venueFeatures(
        Frame memory frame,
        uint256 rates,
        uint256 clock,
        uint256 sizes,
        uint256 curve,
        Impact memory impact
    ) internal pure returns (uint256 word) {
        unchecked {
            if ((clock >> 228) & 0xffff < 2) return _ZEROS;
            {
                int256 week = int256(logRate((rates >> 125) & APR_MAX));
                word = _lane(2 * (int256(logRate((rates >> 8) & APR_MAX)) - week)) << 13;
                word |= _lane(2 * (int256(logRate((rates >> 47) & APR_MAX)) - week)) << 26;
                word |= _lane(2 * (week - int256(logRate((rates >> 164) & APR_MAX)))) << 39;
            }
            int256 level = int256(frame.levelLog);
            word |= _lane(int256(logRate((rates >> 195) & APR_MAX)) - level);
            if (curve & 3 == 0) {
                word |= (uint256(4096) << 52) | (uint256(4096) << 65) | (uint256(4096) << 78);
            } else {
                uint256 supply = sizes & MASK_42;
                word |= _lane((((int256(frame.capitalLog) - int256(log2Q10(supply))) * 341) >> 10) + 1024) << 78;
                uint256 used = _ratio(((sizes >> 42) & MASK_42) << 16, supply);
                uint256 kink = (curve >> 2) & 0x1ffff;
                if (kink > ONE_Q16) kink = ONE_Q16;
                word |= _lane(((int256(used) - int256(kink)) * 5) >> 6) << 52;
                word |= _lane(((int256(log2Q10(65_600 - used)) - 16_384) >> 1) + 1024) << 65;
            }
            {
                uint256 factor = factorQ16(impact, frame.capitalQ6);
                uint256 e72 = (rates >> 86) & APR_MAX;
                int256 own = int256(log2Q10(factor));
                word |= _lane(2 * (own - 16_384)) << 91;
                word |= _lane(2 * (int256(logRate((e72 * factor) >> 16)) - level)) << 117;
                word |= _lane(int256(logRate(e72)) - level) << 143;
            }
            word |= _lane(int256(log2Q10(1 + (clock >> 244)) >> 1)) << 104;
            word |= _lane(int256(log2Q10(512 + (rates >> 226))) - 13_312) << 130;
        }
    }

    /* GRID */

    /// @notice Places positions on the grid by largest remainder, the earlier venue first among equals.
    /// @param positionsQ6 With a sum of at most `capitalQ6`.
    function places(
        uint256[] memory positionsQ6,
        uint256 capitalQ6,
        uint256 steps
    ) internal pure returns (uint256[] memory result) {
        unchecked {
            uint256 n = positionsQ6.length;
            result = new uint256[](n);
            if (capitalQ6 == 0) return result;
            uint256[] memory remainders = new uint256[](n);
            uint256 sum;
            uint256 placed;
            for (uint256 j; j < n; ++j) {
                uint256 scaled = positionsQ6[j] * steps;
                sum += scaled;
                placed += result[j] = scaled / capitalQ6;
                remainders[j] = (scaled % capitalQ6) + 1;
            }
            for (uint256 left = (2 * sum + capitalQ6) / (2 * capitalQ6) - placed; left != 0; --left) {
                uint256 best;
                for (uint256 j = 1; j < n; ++j) {
                    if (remainders[j] > remainders[best]) best = j;
                }
                ++result[best];
                remainders[best] = 0;
            }
        }
    }

    /* PRIVATE */

    /// @dev Twelve lanes of zero.
    uint256 private constant _ZEROS =
        4096 *
            (1 +
                2 ** 13 +
                2 ** 26 +
                2 ** 39 +
                2 ** 52 +
                2 ** 65 +
                2 ** 78 +
                2 ** 91 +
                2 ** 104 +
                2 ** 117 +
                2 ** 130 +
                2 ** 143);

    function _lane(int256 value) private pure returns (uint256) {
        unchecked {
            if (value > 4095) return 8191;
            if (value < -4095) return 1;
            return uint256(value + 4096);
        }
    }

    /// @return apr Rate of the growth since the last observation.
    /// @return kept The index to remember: it never falls, and rises no faster than the largest rate.
    function _aprE9(uint256 clock, uint256 index, uint256 timestamp) private pure returns (uint256 apr, uint256 kept) {
        unchecked {
            uint256 last = uint128(clock);
            if (index <= last) return (0, last);
            uint256 elapsed = timestamp - ((clock >> 128) & MASK_40);
            apr = ((index - last) * 31_536_000e9) / (last * elapsed);
            if (apr < APR_MAX) return (apr, index);
            uint256 most = last + (last * APR_MAX * elapsed) / 31_536_000e9;
            return (APR_MAX, index < most ? index : most);
        }
    }

    function _replay(
        uint256 rates,
        uint256 apr,
        uint256 steps,
        uint256 clock
    ) private pure returns (uint256 next, uint256 spikeSlots) {
        unchecked {
            uint256 target = apr << 8;
            // Of a young memory the averages are means of all its rates.
            uint256 young = (1 << 20) / ((clock >> 228) & 0xffff);
            next = average(rates & MASK_39, target, _larger(ALPHA_6, young), steps);
            next |= average((rates >> 39) & MASK_39, target, _larger(ALPHA_24, young), steps) << 39;
            next |= average((rates >> 78) & MASK_39, target, _larger(ALPHA_72, young), steps) << 78;
            next |= average((rates >> 156) & MASK_39, target, _larger(ALPHA_504, young), steps) << 156;
            next |= apr << 195;
            spikeSlots = clock >> 244;

            uint256 before = logRate((rates >> 195) & APR_MAX);
            uint256 change = logRate(apr);
            change = change > before ? change - before : before - change;
            uint256 volatility = _approach(rates >> 226, change << 8, _larger(ALPHA_72, young));
            next |= average(volatility, 0, _larger(ALPHA_72, young), steps - 1) << 226;

            uint256 week = (rates >> 117) & MASK_39;
            young = _larger(ALPHA_168, young);
            for (; steps != 0; --steps) {
                week = _approach(week, target, young);
                spikeSlots = apr << 9 > 3 * week ? (spikeSlots < 1023 ? spikeSlots + 1 : 1023) : 0;
            }
            next |= week << 117;
        }
    }

    function _larger(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }

    function _approach(uint256 value, uint256 target, uint256 alphaQ20) private pure returns (uint256) {
        unchecked {
            return uint256(int256(value) + (((int256(target) - int256(value)) * int256(alphaQ20)) >> 20));
        }
    }

    function _supplyRate(Impact memory impact, uint256 supply) private pure returns (uint256 rate) {
        unchecked {
            uint256 used = _ratio(impact.borrowed, supply);
            uint256 kink = impact.kink;
            rate =
                used > kink
                    ? impact.rateKink + (impact.high * (used - kink)) / (ONE_Q16 - kink)
                    : impact.rate0 + (impact.low * used) / (kink == 0 ? 1 : kink);
            if (impact.mode == 1) rate = (rate * used) >> 16;
        }
    }

    function _ratio(uint256 numerator, uint256 supply) private pure returns (uint256 ratio) {
        unchecked {
            ratio = numerator / (supply == 0 ? 1 : supply);
            if (ratio > ONE_Q16) ratio = ONE_Q16;
        }
    }

    function _clock(
        uint256 clock,
        uint256 index,
        uint256 timestamp,
        uint256 count,
        uint256 spikeSlots
    ) private pure returns (uint256) {
        unchecked {
            return
                (clock & (uint256(0x3fffffff) << 198)) |
                index |
                (timestamp << 128) |
                ((timestamp / SLOT_SECONDS) << 168) |
                (count << 228) |
                (spikeSlots << 244);
        }
    }
}
