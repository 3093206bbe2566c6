// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ObservationMath } from "./ObservationMath.sol";

/// @title From scores to steps of the grid: docs/policy-spec.md section 6.
/// @notice For each venue a table of what it is worth at 0…m steps over the horizon, net of its leg's gas; then the exact
/// best point under the caps by max-plus convolution. Nothing moves unless the best point beats holding.
/// @dev Pure and equal to `src/plan/allocation-rule.ts` on test/vectors/allocation.json. Unchecked: section 9 of the
/// specification bounds every intermediate below 2^63.
library AllocationRule {
    error VenueCount(uint256 found);
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
                row = _row(grid, venue, _rate(venue.rates, scores), perStep, row);
                // Every place but the one that is held costs a leg.
                uint256 first = row - (grid.steps + 1) * 0x20;
                uint256 own = first + venue.ownSteps * 0x20;
                assembly ("memory-safe") {
                    for {
                        let at := first
                    } lt(at, row) {
                        at := add(at, 0x20)
                    } {
                        if iszero(eq(at, own)) {
                            mstore(at, sub(mload(at), leg))
                        }
                    }
                }
            }
        }
    }

    /// @dev Writes value(k) for k = 0…m from `slot` on, without the gas of a leg.
    /// @return next Where the next row starts.
    function _row(
        Grid memory grid,
        Venue memory venue,
        uint256 rate,
        uint256 perStep,
        uint256 slot
    ) private pure returns (uint256 next) {
        unchecked {
            ObservationMath.Impact memory impact = ObservationMath.impactOf(venue.curve, venue.sizes, venue.own72);
            uint256 m = grid.steps;
            uint256 capital = grid.capitalQ6;
            uint256 divisor = m * 140_160;
            for (uint256 k; k <= m; ++k) {
                uint256 value = (rate * ObservationMath.factorQ16(impact, (capital * k) / m)) >> 16;
                value = (value * k * perStep) / divisor;
                assembly ("memory-safe") {
                    mstore(slot, value)
                }
                slot += 0x20;
            }
            return slot;
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

    /// @dev F[j][t] = max over allowed k ≤ t of F[j−1][t−k] + value_j(k). Among equal values own first, then the smallest
    /// k. `choices[j]` holds the k of every t, eight bits each.
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
            for (uint256 j; j < n; ++j) steps[j] = _fold(table, venues[j], m, maxStep, best, j, j + 1 == n);
            value = best[m];
            uint256 left = m;
            for (uint256 j = n; j != 0;) {
                uint256 k = (steps[--j] >> (left << 3)) & 0xff;
                steps[j] = k;
                left -= k;
            }
        }
    }

    /// @dev One venue folded into `best`; of the last one only t = m is needed.
    function _fold(
        int256[] memory table,
        Venue memory venue,
        uint256 m,
        uint256 maxStep,
        int256[] memory best,
        uint256 j,
        bool last
    ) private pure returns (uint256 choices) {
        unchecked {
            uint256 own = venue.ownSteps;
            uint256 low = own;
            uint256 high = own;
            if (!venue.stale) {
                low = own > maxStep ? own - maxStep : 0;
                high = venue.capSteps > own ? venue.capSteps : own;
                if (high > own + maxStep) high = own + maxStep;
                if (high > m) high = m;
            }
            assembly ("memory-safe") {
                let values := add(add(table, 0x20), mul(mul(j, add(m, 1)), 0x20))
                let first := add(best, 0x20)
                let ownAt := shl(5, own)
                let t := add(m, 1)
                let end := mul(last, m)
                for {} gt(t, end) {} {
                    t := sub(t, 1)
                    let topAt := add(first, shl(5, t)) // F[j-1][t]
                    let top := sub(0, shl(200, 1)) // out of reach; sixteen of them do not wrap
                    let chosen := 0
                    if iszero(gt(own, t)) {
                        top := add(mload(sub(topAt, ownAt)), mload(add(values, ownAt)))
                        chosen := own
                    }
                    let until := high
                    if gt(until, t) {
                        until := t
                    }
                    let k := low
                    for {} iszero(gt(k, until)) {
                        k := add(k, 1)
                    } {
                        let at := shl(5, k)
                        let candidate := add(mload(sub(topAt, at)), mload(add(values, at)))
                        if sgt(candidate, top) {
                            top := candidate
                            chosen := k
                        }
                    }
                    mstore(topAt, top)
                    choices := or(choices, shl(shl(3, t), chosen))
                }
            }
        }
    }
}
