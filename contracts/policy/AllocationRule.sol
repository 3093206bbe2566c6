// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ObservationMath } from "./ObservationMath.sol";

/// @title From scores to steps of the grid: docs/policy-spec.md section 6.
/// @notice For each venue a table of what it is worth at 0…m steps over the horizon, net of its leg's gas; then the exact
/// best point under the caps by max-plus convolution. Nothing moves unless the best point beats holding.
/// @dev Pure and equal to `src/plan/allocation-rule.ts` on test/vectors/allocation.json. Unchecked: section 9 of the
/// specification bounds every intermediate below 2^63.
library AllocationRule {
    /// @notice The rule takes 1 to 16 venues.
    error VenueCount(uint256 found);

    /// @notice The packed scores have another number of words than the venues need.
    error ScoreWords(uint256 expected, uint256 found);

    /// @notice One venue. `rates`, `sizes` and `curve` are words of ObservationMath.
    struct Venue {
        uint256 rates;
        uint256 sizes;
        uint256 own72;
        uint256 curve;
        uint256 ownSteps;
        uint256 capSteps;
        bool stale;
    }

    /// @param steps m, the steps into which the capital is cut; at most 31.
    /// @param maxStep Largest change of one venue.
    /// @param maxOutSteps Most steps that may leave venues altogether; m where there is no bound.
    struct Grid {
        uint256 capitalQ6;
        uint256 gasPerLegE12;
        uint256 steps;
        uint256 maxStep;
        uint256 maxOutSteps;
    }

    uint256 private constant LANE = 0x1fff;
    uint256 private constant RATE = 2 ** 31 - 1;

    /// @return steps What each venue should hold; what it holds where nothing beats that.
    /// @return value Sum of the values at these steps, 1e-12 of the capital.
    function allocate(
        Grid memory grid,
        Venue[] memory venues,
        uint256[] memory scoreWords
    ) internal pure returns (uint256[] memory steps, int256 value) {
        unchecked {
            int256[] memory table = _values(grid, venues, scoreWords);
            uint256 n = venues.length;
            uint256[] memory own = new uint256[](n);
            int256 hold;
            for (uint256 j; j < n; ++j) {
                uint256 k = own[j] = venues[j].ownSteps;
                hold += table[j * (grid.steps + 1) + k];
            }
            if (grid.capitalQ6 == 0) return (own, hold);
            for (uint256 maxStep = grid.maxStep; maxStep != 0; maxStep >>= 1) {
                (steps, value) = _best(table, venues, grid.steps, maxStep);
                if (value <= hold) return (own, hold);
                uint256 out;
                for (uint256 j; j < n; ++j) {
                    if (own[j] > steps[j]) out += own[j] - steps[j];
                }
                if (out <= grid.maxOutSteps) return (steps, value);
            }
            return (own, hold);
        }
    }

    /* VALUES */

    function _values(
        Grid memory grid,
        Venue[] memory venues,
        uint256[] memory scoreWords
    ) private pure returns (int256[] memory table) {
        unchecked {
            uint256 n = venues.length;
            if (n == 0 || n > 16) revert VenueCount(n);
            if (scoreWords.length != (n + 1) / 2) revert ScoreWords((n + 1) / 2, scoreWords.length);
            table = new int256[](n * (grid.steps + 1));
            uint256 perStep = _horizonQ4(scoreWords, n) * 1000;
            uint256 row;
            assembly ("memory-safe") {
                row := add(table, 0x20)
            }
            for (uint256 j; j < n; ++j) {
                Venue memory venue = venues[j];
                uint256 scores = scoreWords[j >> 1] >> (104 * (j & 1));
                uint256 leg = (grid.gasPerLegE12 * uint256(1024 + _score(scores, 78, -1024, 3072))) >> 10;
                ObservationMath.Impact memory impact = ObservationMath.impactOf(venue.curve, venue.sizes, venue.own72);
                _row(grid, impact, _rate(venue.rates, scores), perStep, leg, row);
                assembly ("memory-safe") {
                    let held := add(row, shl(5, mload(add(venue, 0x80))))
                    mstore(held, add(mload(held), leg))
                }
                row += (grid.steps + 1) << 5;
            }
        }
    }

    /// @dev Writes value(k) for k = 0…m from `row` on, each less the gas of a leg.
    function _row(
        Grid memory grid,
        ObservationMath.Impact memory impact,
        uint256 rate,
        uint256 perStep,
        uint256 leg,
        uint256 row
    ) private pure {
        assembly ("memory-safe") {
            let m := mload(add(grid, 0x40))
            for {
                let k := 0
            } iszero(gt(k, m)) {
                k := add(k, 1)
            } {
                let factor := 65536
                if mload(impact) {
                    // ObservationMath.factorQ16 of k steps, inline: this runs for every venue and step.
                    let used := add(mload(add(impact, 0xe0)), div(mul(mload(grid), k), m))
                    used := div(mload(add(impact, 0xc0)), add(used, iszero(used)))
                    if gt(used, 65536) {
                        used := 65536
                    }
                    let kink := mload(add(impact, 0x20))
                    switch gt(used, kink)
                    case 0 {
                        factor := div(mul(mload(add(impact, 0x60)), used), add(kink, iszero(kink)))
                        factor := add(mload(add(impact, 0x40)), factor)
                    }
                    default {
                        factor := div(mul(mload(add(impact, 0xa0)), sub(used, kink)), sub(65536, kink))
                        factor := add(mload(add(impact, 0x80)), factor)
                    }
                    if eq(mload(impact), 1) {
                        factor := shr(16, mul(factor, used))
                    }
                    factor := div(shl(16, factor), mload(add(impact, 0x100)))
                    if gt(factor, 262144) {
                        factor := 262144
                    }
                }
                factor := mul(mul(shr(16, mul(rate, factor)), k), perStep)
                mstore(row, sub(div(factor, mul(m, 140160)), leg))
                row := add(row, 0x20)
            }
        }
    }

    /// @dev The averages mixed and corrected by the scores, E9.
    function _rate(uint256 rates, uint256 scores) private pure returns (uint256) {
        unchecked {
            int256 d6 = _score(scores, 13, -1024, 1024);
            int256 d24 = _score(scores, 26, -1024, 1024);
            int256 d168 = _score(scores, 39, -1024, 1024);
            int256 d504 = _score(scores, 52, -1024, 1024);
            int256 mix = int256((rates >> 86) & RATE) * (1024 - d6 - d24 - d168 - d504);
            mix += int256((rates >> 8) & RATE) * d6 + int256((rates >> 47) & RATE) * d24;
            mix += int256((rates >> 125) & RATE) * d168 + int256((rates >> 164) & RATE) * d504;
            mix >>= 10;
            if (mix < 0) mix = 0;
            if (mix > int256(RATE)) mix = int256(RATE);
            return uint256(mix * (1024 + _score(scores, 0, -614, 1024))) >> 10;
        }
    }

    /// @dev 168 slots, Q4, times 2 to the mean of the horizon scores.
    function _horizonQ4(uint256[] memory scoreWords, uint256 n) private pure returns (uint256) {
        unchecked {
            int256 sum = -4096 * int256(n);
            for (uint256 j; j < n; ++j) {
                sum += int256((scoreWords[j >> 1] >> (104 * (j & 1) + 65)) & LANE);
            }
            int256 mean = (sum * int256(4096 / n)) >> 12;
            if (mean < -3584) mean = -3584;
            if (mean > 3072) mean = 3072;
            return (2688 * ObservationMath.exp2Q10(mean)) >> 16;
        }
    }

    function _score(uint256 scores, uint256 shift, int256 low, int256 high) private pure returns (int256 score) {
        unchecked {
            score = int256((scores >> shift) & LANE) - 4096;
            if (score < low) return low;
            if (score > high) return high;
        }
    }

    /* OPTIMUM */

    /// @dev F[j][t] = max over allowed k ≤ t of F[j−1][t−k] + value_j(k). A value carries its k in eight low bits, 255 for
    /// own and 254 − k else, so that one comparison also decides between equals: own first, then the smallest k. The bits
    /// are taken off when a venue is done; `steps[j]` then holds those of every t.
    function _best(
        int256[] memory table,
        Venue[] memory venues,
        uint256 m,
        uint256 maxStep
    ) private pure returns (uint256[] memory steps, int256 value) {
        unchecked {
            uint256 n = venues.length;
            steps = new uint256[](n);
            // F[j] for t = 0…m, updated in place from t = m down: F[j][t] reads F[j−1] at and below t only.
            int256[] memory best = new int256[](m + 1);
            for (uint256 j; j < n; ++j) {
                (uint256 low, uint256 high) = _bounds(venues[j], m, maxStep);
                uint256 coded = _code(table, j, m, venues[j].ownSteps);
                steps[j] = j == 0 && n > 1 ? _first(coded, best, low, high) : _fold(coded, best, low, high, j + 1 == n);
            }
            value = best[m] >> 8;
            uint256 left = m;
            for (uint256 j = n; j != 0;) {
                uint256 code = (steps[--j] >> (left << 3)) & 0xff;
                uint256 k = code == 255 ? venues[j].ownSteps : 254 - code;
                steps[j] = k;
                left -= k;
            }
        }
    }

    function _bounds(Venue memory venue, uint256 m, uint256 maxStep) private pure returns (uint256 low, uint256 high) {
        unchecked {
            uint256 own = venue.ownSteps;
            if (venue.stale) return (own, own);
            low = own > maxStep ? own - maxStep : 0;
            high = venue.capSteps > own ? venue.capSteps : own;
            if (high > own + maxStep) high = own + maxStep;
            if (high > m) high = m;
        }
    }

    /// @dev A venue's values with their codes, in fresh memory, because the table serves every largest step.
    /// @return coded Where they start.
    function _code(int256[] memory table, uint256 j, uint256 m, uint256 own) private pure returns (uint256 coded) {
        assembly ("memory-safe") {
            coded := mload(0x40)
            let size := shl(5, add(m, 1))
            mstore(0x40, add(coded, size))
            let source := add(add(table, 0x20), mul(j, size))
            for {
                let k := 0
            } iszero(gt(k, m)) {
                k := add(k, 1)
            } {
                let offset := shl(5, k)
                mstore(add(coded, offset), add(shl(8, mload(add(source, offset))), sub(254, k)))
            }
            let held := add(coded, shl(5, own))
            mstore(held, or(mload(held), 255))
        }
    }

    /// @dev The first venue has nothing before it: its best at t is the best of its places up to t.
    function _first(
        uint256 coded,
        int256[] memory best,
        uint256 low,
        uint256 high
    ) private pure returns (uint256 codes) {
        assembly ("memory-safe") {
            let width := mload(best)
            let into := add(best, 0x20)
            let top := sub(0, shl(200, 1)) // out of reach; sixteen of them do not wrap
            for {
                let t := 0
            } lt(t, width) {
                t := add(t, 1)
            } {
                if iszero(or(lt(t, low), gt(t, high))) {
                    let candidate := mload(add(coded, shl(5, t)))
                    if sgt(candidate, top) {
                        top := candidate
                    }
                }
                let code := and(top, 255)
                mstore(into, sub(top, code))
                into := add(into, 0x20)
                codes := or(codes, shl(shl(3, t), code))
            }
        }
    }

    /// @dev One venue folded into `best`; of the last one only t = m is needed.
    function _fold(
        uint256 coded,
        int256[] memory best,
        uint256 low,
        uint256 high,
        bool last
    ) private pure returns (uint256 codes) {
        assembly ("memory-safe") {
            let first := add(best, 0x20)
            let from := add(coded, shl(5, low))
            let end := add(coded, shl(5, add(high, 1)))
            let t := mload(best)
            let until := mul(last, sub(t, 1))
            for {} gt(t, until) {} {
                t := sub(t, 1)
                let into := add(first, shl(5, t))
                let top := sub(0, shl(200, 1))
                let mirror := add(into, coded) // F[j-1][t-k] lies at mirror - place
                let stop_ := add(coded, shl(5, add(t, 1)))
                if gt(stop_, end) {
                    stop_ := end
                }
                for {
                    let place := from
                } lt(place, stop_) {
                    place := add(place, 0x20)
                } {
                    let candidate := add(mload(sub(mirror, place)), mload(place))
                    if sgt(candidate, top) {
                        top := candidate
                    }
                }
                let code := and(top, 255)
                mstore(into, sub(top, code))
                codes := or(codes, shl(shl(3, t), code))
            }
        }
    }
}
