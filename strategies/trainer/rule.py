"""The specified allocation rule in vectorised int64: scores in, steps of the grid out. Exact optimum by max-plus convolution."""

import numpy as np

import specification as spec
from observe import exp2_q16

SYMBOLS = {name: place for place, name in enumerate(("c", "d6", "d24", "d168", "d504", "h", "b"))}


def value_table(
    averages_q8: np.ndarray,
    impact: np.ndarray,
    scores: np.ndarray,
    own_steps: np.ndarray,
    gas_e12: np.ndarray,
) -> np.ndarray:
    """Value in 1e-12 of the capital of holding k steps, gas of touching the venue included. int64 [E, N, K].

    `averages_q8` [5, E, N], `impact` Q16 [E, N, K], `scores` [E, N, 8], `own_steps` [E, N], `gas_e12` [E].
    """
    clamped = [np.clip(scores[..., place], *spec.SCORE_LIMITS[place]) for place in range(spec.SCORES)]
    c, d6, d24, d168, d504, _, b, _ = clamped
    e6, e24, e72, e168, e504 = averages_q8 >> 8
    venues, steps = scores.shape[1], impact.shape[-1] - 1
    mix = e72 * (1024 - d6 - d24 - d168 - d504) + d6 * e6 + d24 * e24 + d168 * e168 + d504 * e504
    mix = np.clip(mix >> 10, 0, spec.RATE_MAX)
    # The horizon is clamped after the mean.
    mean = (scores[..., SYMBOLS["h"]].sum(1) * spec.RECIPROCALS[venues - 1]) >> spec.POOL_SHIFT
    horizon = (spec.HORIZON_Q4 * exp2_q16(np.clip(mean, *spec.SCORE_LIMITS[SYMBOLS["h"]]))) >> 16
    rate = (((mix * (1024 + c)) >> 10)[..., None] * impact) >> 16
    k = np.arange(steps + 1)
    value = rate * k * horizon[:, None, None] * spec.VALUE_SCALE // (steps * spec.SLOTS_PER_YEAR * 16)
    price = (gas_e12[:, None] * (1024 + b)) >> 10
    return value - np.where(k == own_steps[..., None], 0, price[..., None])


def allocate(table: np.ndarray, own_steps: np.ndarray, cap_steps: np.ndarray, all_placed: bool = False) -> np.ndarray:
    """Steps per venue [E, N] that maximise the sum of `table` [E, N, K] with Σ k <= K - 1 and k <= max(own, cap).

    Equal values: own first, then the smallest k. Holding wins unless it is beaten. `all_placed` leaves nothing idle: the
    grid of training, where it keeps the number of states small; the specified rule is without it.
    """
    markets, venues, count = table.shape
    lowest = -(1 << 61)
    k = np.arange(count)
    allowed = k <= np.maximum(own_steps, cap_steps)[..., None]
    table = np.where(allowed, table, lowest)
    # Candidates in the order in which ties are decided: own, then 0, 1, 2, ...
    order = np.concatenate([own_steps[..., None], np.broadcast_to(k, table.shape)], -1)  # [E, N, K + 1]
    best = np.zeros((markets, count), np.int64)
    if all_placed:
        best[:, 1:] = lowest
    choice = np.empty((venues, markets, count), np.int64)
    every = np.arange(markets)[:, None, None]
    t = k[None, :, None]
    for j in range(venues):
        candidate = order[:, j][:, None, :]  # [E, 1, K + 1]
        rest = t - candidate  # [E, K, K + 1]
        total = best[every, np.maximum(rest, 0)] + np.take_along_axis(table[:, j], order[:, j], 1)[:, None, :]
        total = np.where(rest >= 0, np.maximum(total, lowest), lowest)
        pick = total.argmax(-1)  # the first of equal ones
        best = np.take_along_axis(total, pick[..., None], -1)[..., 0]
        choice[j] = np.take_along_axis(np.broadcast_to(candidate, total.shape), pick[..., None], -1)[..., 0]
    result = np.empty((markets, venues), np.int64)
    left = np.full(markets, count - 1)
    row = np.arange(markets)
    for j in range(venues - 1, -1, -1):
        result[:, j] = choice[j, row, left]
        left = left - result[:, j]
    holding = np.take_along_axis(table, own_steps[..., None], -1)[..., 0].sum(-1)
    return np.where((best[:, -1] > holding)[:, None], result, own_steps)
