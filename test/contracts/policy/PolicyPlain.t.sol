// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { AllocationRule } from "../../../contracts/policy/AllocationRule.sol";
import { ObservationMath } from "../../../contracts/policy/ObservationMath.sol";

/// @dev The assembly of the policy's arithmetic beside checked, plain Solidity of the same text.
contract PolicyPlainTest is Test {
    function testFuzz_log2EqualsThePlainVersion(uint256 x, uint8 bits) public pure {
        x = bound(x, 1, 2 ** bound(bits, 1, 63) - 1);
        uint256 msb;
        while (x >> (msb + 1) != 0) ++msb;
        uint256 y = msb > 30 ? x >> (msb - 30) : x << (30 - msb);
        uint256 expected = msb;
        for (uint256 i; i < 10; ++i) {
            y = (y * y) >> 30;
            uint256 bit = y >= 2 ** 31 ? 1 : 0;
            y >>= bit;
            expected = expected * 2 + bit;
        }
        assertEq(ObservationMath.log2Q10(x), expected);
    }

    function testFuzz_allocationEqualsThePlainVersion(uint256 seed) public pure {
        (AllocationRule.Grid memory grid, AllocationRule.Venue[] memory venues, uint256[] memory words) = draw(seed);
        (uint256[] memory steps, int256 value) = AllocationRule.allocate(grid, venues, words);
        (uint256[] memory expected, int256 best) = plain(grid, venues, words);
        assertEq(value, best);
        assertEq(steps, expected);
    }

    function testFuzz_allocationKeepsItsBounds(uint256 seed) public pure {
        (AllocationRule.Grid memory grid, AllocationRule.Venue[] memory venues, uint256[] memory words) = draw(seed);
        (uint256[] memory steps, ) = AllocationRule.allocate(grid, venues, words);
        uint256 sum;
        uint256 out;
        for (uint256 j; j < steps.length; ++j) {
            uint256 own = venues[j].ownSteps;
            sum += steps[j];
            if (steps[j] < own) out += own - steps[j];
            assertTrue(steps[j] <= own || steps[j] <= venues[j].capSteps);
            assertTrue(!venues[j].stale || steps[j] == own);
            assertLe(steps[j] > own ? steps[j] - own : own - steps[j], grid.maxStep);
        }
        assertLe(sum, grid.steps);
        assertLe(out, grid.maxOutSteps);
    }

    function draw(
        uint256 seed
    )
        private
        pure
        returns (AllocationRule.Grid memory grid, AllocationRule.Venue[] memory venues, uint256[] memory words)
    {
        uint256 n = 1 + pick(seed, 0, 16);
        uint256 m = n <= 2 ? 20 : 10;
        grid = AllocationRule.Grid({
            capitalQ6: pick(seed, 1, 2 ** (1 + pick(seed, 2, 46))),
            gasPerLegE12: pick(seed, 3, 2 ** (1 + pick(seed, 4, 40))),
            steps: m,
            maxStep: pick(seed, 5, 2) == 0 ? m : pick(seed, 6, m + 1),
            maxOutSteps: pick(seed, 7, 2) == 0 ? m : pick(seed, 8, m + 1)
        });
        venues = new AllocationRule.Venue[](n);
        words = new uint256[]((n + 1) / 2);
        uint256 left = m;
        for (uint256 j; j < n; ++j) {
            uint256 at_ = 16 * (j + 1);
            uint256 own = pick(seed, at_, left + 1) / (1 + pick(seed, at_ + 1, 3));
            left -= own;
            uint256 rates = pick(seed, at_ + 2, 2 ** 195);
            if (pick(seed, at_ + 3, 2) == 0) {
                rates = 0;
                for (uint256 h; h < 5; ++h) rates |= (2 ** 30 + pick(seed, at_ + 4 + h, 2 ** 34)) << (39 * h);
            }
            venues[j] = AllocationRule.Venue({
                rates: rates,
                sizes: pick(seed, at_ + 9, 2 ** 84) << 84,
                own72: pick(seed, at_ + 10, 2 ** 42),
                curve: pick(seed, at_ + 11, 3) | (pick(seed, at_ + 12, 2 ** 137) << 2),
                ownSteps: own,
                capSteps: pick(seed, at_ + 13, m + 1),
                stale: pick(seed, at_ + 14, 8) == 0
            });
            words[j >> 1] |= pick(seed, at_ + 15, 2 ** 104) << (104 * (j & 1));
        }
    }

    function pick(uint256 seed, uint256 salt, uint256 below) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % below;
    }

    /* THE PLAIN VERSION */

    function plain(
        AllocationRule.Grid memory grid,
        AllocationRule.Venue[] memory venues,
        uint256[] memory words
    ) private pure returns (uint256[] memory steps, int256 value) {
        int256[][] memory values = new int256[][](venues.length);
        int256 hold;
        uint256[] memory own = new uint256[](venues.length);
        uint256 horizon = horizonQ4(words, venues.length);
        for (uint256 j; j < venues.length; ++j) {
            values[j] = valuesOf(grid, venues[j], words[j / 2] >> (104 * (j % 2)), horizon);
            own[j] = venues[j].ownSteps;
            hold += values[j][own[j]];
        }
        if (grid.capitalQ6 == 0) return (own, hold);
        for (uint256 maxStep = grid.maxStep; maxStep > 0; maxStep /= 2) {
            (steps, value) = best(values, venues, grid.steps, maxStep);
            if (value <= hold) return (own, hold);
            uint256 out;
            for (uint256 j; j < own.length; ++j) {
                if (own[j] > steps[j]) out += own[j] - steps[j];
            }
            if (out <= grid.maxOutSteps) return (steps, value);
        }
        return (own, hold);
    }

    function horizonQ4(uint256[] memory words, uint256 n) private pure returns (uint256) {
        int256 sum;
        for (uint256 j; j < n; ++j) sum += score(words[j / 2] >> (104 * (j % 2)), 5, -4096, 4095);
        int256 mean = (sum * int256(4096 / n)) >> 12;
        mean =
            mean < -3584
                ? int256(-3584)
                : mean > 3072
                    ? int256(3072)
                    : mean;
        return (2688 * ObservationMath.exp2Q10(mean)) >> 16;
    }

    function valuesOf(
        AllocationRule.Grid memory grid,
        AllocationRule.Venue memory venue,
        uint256 scores,
        uint256 horizon
    ) private pure returns (int256[] memory values) {
        uint256 m = grid.steps;
        values = new int256[](m + 1);
        uint256 corrected = correctedRate(venue.rates, scores);
        int256 leg = int256((grid.gasPerLegE12 * uint256(1024 + score(scores, 6, -1024, 3072))) >> 10);
        ObservationMath.Impact memory impact = ObservationMath.impactOf(venue.curve, venue.sizes, venue.own72);
        for (uint256 k; k <= m; ++k) {
            uint256 rate = (corrected * ObservationMath.factorQ16(impact, (grid.capitalQ6 * k) / m)) >> 16;
            uint256 gain = rate * k * horizon * 1000;
            assertLt(gain, 2 ** 63, "the bound of the specification");
            values[k] = int256(gain / (m * 8760 * 16)) - (k == venue.ownSteps ? int256(0) : leg);
        }
    }

    function correctedRate(uint256 rates, uint256 scores) private pure returns (uint256) {
        int256[5] memory e;
        for (uint256 h; h < 5; ++h) e[h] = int256(((rates >> (39 * h)) & (2 ** 39 - 1)) >> 8);
        int256 rest = 1024;
        int256 mix;
        for (uint256 h; h < 5; ++h) {
            if (h == 2) continue;
            int256 d = score(scores, h < 2 ? h + 1 : h, -1024, 1024);
            rest -= d;
            mix += d * e[h];
        }
        mix = (mix + rest * e[2]) >> 10;
        mix =
            mix < 0
                ? int256(0)
                : mix > 2 ** 31 - 1
                    ? int256(2 ** 31 - 1)
                    : mix;
        return uint256((mix * (1024 + score(scores, 0, -614, 1024))) >> 10);
    }

    function score(uint256 scores, uint256 lane, int256 low, int256 high) private pure returns (int256 value) {
        value = int256((scores >> (13 * lane)) % 8192) - 4096;
        return
            value < low
                ? low
                : value > high
                    ? high
                    : value;
    }

    function best(
        int256[][] memory values,
        AllocationRule.Venue[] memory venues,
        uint256 m,
        uint256 maxStep
    ) private pure returns (uint256[] memory steps, int256 value) {
        uint256 n = venues.length;
        int256[] memory before = new int256[](m + 1);
        uint256[][] memory choices = new uint256[][](n);
        for (uint256 j; j < n; ++j) {
            int256[] memory now_ = new int256[](m + 1);
            choices[j] = new uint256[](m + 1);
            for (uint256 t; t <= m; ++t) (now_[t], choices[j][t]) = top(before, values[j], venues[j], t, maxStep);
            before = now_;
        }
        value = before[m];
        steps = new uint256[](n);
        uint256 left = m;
        for (uint256 j = n; j > 0; --j) {
            steps[j - 1] = choices[j - 1][left];
            left -= steps[j - 1];
        }
    }

    function top(
        int256[] memory before,
        int256[] memory values,
        AllocationRule.Venue memory venue,
        uint256 t,
        uint256 maxStep
    ) private pure returns (int256 value, uint256 chosen) {
        uint256 own = venue.ownSteps;
        value = -1e40;
        if (own <= t) (value, chosen) = (before[t - own] + values[own], own);
        for (uint256 k; k <= t; ++k) {
            if (venue.stale && k != own) continue;
            if (k > own && (k > venue.capSteps || k - own > maxStep)) continue;
            if (k < own && own - k > maxStep) continue;
            if (before[t - k] + values[k] > value) (value, chosen) = (before[t - k] + values[k], k);
        }
    }
}
