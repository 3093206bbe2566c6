"""The specified observation in vectorised int64: memory of a venue, features, impact of our own deposit.

Follows docs/policy-spec.md step by step and is held to it by the shared vectors of test/vectors. Arrays have any leading
shape; one element is one venue.
"""

from dataclasses import dataclass

import numpy as np

import specification as spec

NONE, BORROW, SUPPLY = 0, 1, 2


def log2_q10(x: np.ndarray) -> np.ndarray:
    """floor-like log2 in Q10 of x >= 1, by ten squarings of the mantissa."""
    x = np.asarray(x, np.int64)
    msb = np.frexp(x.astype(np.float64))[1].astype(np.int64) - 1
    msb -= (x >> msb) == 0  # a float above 2^53 may have rounded up to the next power of two
    y = np.where(msb >= 30, x >> np.maximum(msb - 30, 0), x << np.maximum(30 - msb, 0))
    fraction = np.zeros_like(y)
    for _ in range(10):
        y = (y * y) >> 30
        bit = y >> 31
        y >>= bit
        fraction = (fraction << 1) | bit
    return (msb << 10) | fraction


def exp2_q16(v: np.ndarray) -> np.ndarray:
    """2^(v / 1024) in Q16, by the product of ten constants."""
    v = np.asarray(v, np.int64)
    whole, fraction = v >> 10, v & 1023
    y = np.full_like(v, 1 << 30)
    for bit, constant in enumerate(spec.EXP2_Q30):
        y = np.where((fraction >> (9 - bit)) & 1 == 1, (y * constant) >> 30, y)
    shift = whole - 14  # Q30 to Q16
    return np.where(shift >= 0, y << np.maximum(shift, 0), y >> np.maximum(-shift, 0))


@dataclass
class Memory:
    """What is stored per venue between slots. The half-lives stand in the first axis of `averages_q8`."""

    apr_e9: np.ndarray
    averages_q8: np.ndarray  # [5, ...]
    volatility_q8: np.ndarray
    spike_slots: np.ndarray
    supply_fast_q6: np.ndarray
    borrow_fast_q6: np.ndarray
    supply_slow_q6: np.ndarray
    borrow_slow_q6: np.ndarray
    own_slow_q6: np.ndarray


ALPHAS = np.array(spec.ALPHA_Q20, np.int64)


def first_memory(apr_e9: np.ndarray, supply_q6: np.ndarray, borrow_q6: np.ndarray, own_q6: np.ndarray) -> Memory:
    """Memory after the first rate that was measured."""
    apr_e9 = np.clip(apr_e9, 0, spec.RATE_MAX)
    zero = np.zeros_like(apr_e9)
    supply, borrow = np.minimum(supply_q6, spec.SIZE_MAX), np.minimum(borrow_q6, spec.SIZE_MAX)
    averages = np.repeat(apr_e9[None] << 8, len(ALPHAS), 0)
    return Memory(apr_e9, averages, zero, zero, supply, borrow, supply, borrow, own_q6)


def advance(
    memory: Memory,
    apr_e9: np.ndarray,
    supply_q6: np.ndarray,
    borrow_q6: np.ndarray,
    own_q6: np.ndarray,
    count: int = 65535,
) -> Memory:
    """Memory one slot later. No slot is missed and no venue was touched in the observed block.

    `count` observations came before: the averages of a young memory are means of all its rates.
    """
    apr_e9 = np.clip(apr_e9, 0, spec.RATE_MAX)
    young = (1 << 20) // count
    alphas = np.maximum(ALPHAS, young).reshape(-1, *(1,) * apr_e9.ndim)
    averages = memory.averages_q8 + ((((apr_e9 << 8) - memory.averages_q8) * alphas) >> 20)
    now, before = log2_q10(np.maximum(np.stack([apr_e9, memory.apr_e9]), spec.RATE_FLOOR))
    change = np.abs(now - before) << 8
    volatility = memory.volatility_q8 + (((change - memory.volatility_q8) * max(spec.VOLATILITY_ALPHA_Q20, young)) >> 20)
    spiking = (apr_e9 << 9) > 3 * averages[3]
    supply, borrow = np.minimum(supply_q6, spec.SIZE_MAX), np.minimum(borrow_q6, spec.SIZE_MAX)
    towards = lambda average, sample, alpha: average + (((sample - average) * alpha) >> 20)
    return Memory(
        apr_e9,
        averages,
        volatility,
        np.where(spiking, np.minimum(memory.spike_slots + 1, spec.SPIKE_MAX), 0),
        towards(memory.supply_fast_q6, supply, spec.SIZE_FAST_ALPHA_Q20),
        towards(memory.borrow_fast_q6, borrow, spec.SIZE_FAST_ALPHA_Q20),
        towards(memory.supply_slow_q6, supply, spec.SIZE_SLOW_ALPHA_Q20),
        towards(memory.borrow_slow_q6, borrow, spec.SIZE_SLOW_ALPHA_Q20),
        towards(memory.own_slow_q6, own_q6, spec.SIZE_SLOW_ALPHA_Q20),
    )


@dataclass
class Curve:
    """Shape of a venue's supply rate; only quotients of its rates are used."""

    mode: np.ndarray  # NONE, BORROW, SUPPLY
    kink_q16: np.ndarray
    rate0_e9: np.ndarray
    rate_kink_e9: np.ndarray
    rate_max_e9: np.ndarray

    def rate(self, used_q16: np.ndarray) -> np.ndarray:
        """Supply rate at a utilisation, up to a factor that quotients cancel. A trailing axis of `used_q16` broadcasts."""
        widen = lambda x: np.asarray(x)[..., None] if used_q16.ndim > np.ndim(self.mode) else np.asarray(x)
        kink, low, mid, high = map(widen, (self.kink_q16, self.rate0_e9, self.rate_kink_e9, self.rate_max_e9))
        low = np.minimum(low, spec.CURVE_RATE_MAX)
        mid = np.maximum(np.minimum(mid, spec.CURVE_RATE_MAX), low)  # a curve that falls counts as flat
        high = np.maximum(np.minimum(high, spec.CURVE_RATE_MAX), mid)
        below = low + (mid - low) * used_q16 // np.maximum(kink, 1)
        above = mid + (high - mid) * (used_q16 - kink) // np.maximum(65536 - kink, 1)
        curve = np.where(used_q16 <= kink, below, above)
        return np.where(widen(self.mode) == BORROW, (curve * used_q16) >> 16, curve)


def utilisation_q16(borrow_q6: np.ndarray, supply_q6: np.ndarray) -> np.ndarray:
    return np.minimum(65536, borrow_q6 * 65536 // np.maximum(supply_q6, 1))


def impact_q16(memory: Memory, curve: Curve, capital_q6: np.ndarray, steps: int) -> np.ndarray:
    """phi(k): the rate with k steps of ours in the venue, relative to the average one. [..., N, steps + 1]"""
    supply, borrow = memory.supply_slow_q6, memory.borrow_slow_q6
    others = np.maximum(supply - memory.own_slow_q6, 0)
    now = curve.rate(utilisation_q16(borrow, supply))
    ours = np.asarray(capital_q6)[..., None, None] * np.arange(steps + 1) // steps
    then = curve.rate(utilisation_q16(borrow[..., None], np.maximum(others[..., None] + ours, 1)))
    factor = np.minimum(spec.FACTOR_MAX_Q16, then * 65536 // np.maximum(now, 1)[..., None])
    flat = (curve.mode == NONE) | (now == 0)
    return np.where(flat[..., None], 65536, factor)


def venue_features(
    memory: Memory, curve: Curve, impact_all_in_q16: np.ndarray, capital_q6: np.ndarray, level_e9: np.ndarray
) -> np.ndarray:
    """The twelve features of a venue [..., 12]. `capital_q6` and `level_e9` broadcast against the venue arrays."""
    e6, e24, e72, e168, e504 = memory.averages_q8 >> 8
    used = utilisation_q16(memory.borrow_fast_q6, memory.supply_fast_q6)
    rates = [memory.apr_e9, e6, e24, e72, e168, e504, (e72 * impact_all_in_q16) >> 16, level_e9]
    sizes = [65536 - used + 64, capital_q6, memory.supply_fast_q6, impact_all_in_q16]
    others = [*sizes, 1 + memory.spike_slots, 512 + memory.volatility_q8]
    floors = [spec.RATE_FLOOR] * len(rates) + [1] * len(others)
    # One call for all logarithms: on arrays this small, calls cost more than numbers.
    rows = np.stack([np.maximum(x, floor) + np.zeros_like(e72) for x, floor in zip([*rates, *others], floors)])
    rate, l6, l24, l72, l168, l504, all_in, level, free, capital, supply, impact, spike, volatility = log2_q10(rows)
    has_curve = curve.mode != NONE
    columns = [
        rate - level,
        2 * (l6 - l168),
        2 * (l24 - l168),
        2 * (l168 - l504),
        np.where(has_curve, ((used - curve.kink_q16) * 5) >> 6, 0),
        np.where(has_curve, ((free - 16384) >> 1) + 1024, 0),
        np.where(has_curve, (((capital - supply) * 341) >> 10) + 1024, 0),
        2 * (impact - 16384),
        spike >> 1,
        2 * (all_in - level),
        volatility - 13312,
        l72 - level,
    ]
    return _clamped(columns, e72.shape)


def level_e9(averages_e9: np.ndarray) -> np.ndarray:
    """Mean over the venues (last axis) with the floor of the specification."""
    return np.maximum(averages_e9.sum(-1) // averages_e9.shape[-1], spec.LEVEL_FLOOR)


def global_features(level: np.ndarray, level24: np.ndarray, level504: np.ndarray, gas_e12: np.ndarray) -> np.ndarray:
    """The five features that all venues share [..., 5]."""
    gas = np.maximum(gas_e12, 1) + np.zeros_like(level)
    l, l24, l504, gas = log2_q10(np.stack([level, level24, level504, gas]))
    return _clamped([(gas - 20480) >> 1, l - 25859, 2 * (l24 - l), 2 * (l - l504), np.zeros_like(l)], l.shape)


def network_input(
    memory: Memory, curve: Curve, impact_all_in_q16: np.ndarray, capital_q6: np.ndarray, gas_e12: np.ndarray
) -> np.ndarray:
    """[..., N, 17]. Venue arrays are [..., N]; `capital_q6` and `gas_e12` are [...]."""
    _, e24, e72, _, e504 = memory.averages_q8 >> 8
    level = level_e9(e72)
    shared = global_features(level, level_e9(e24), level_e9(e504), gas_e12)
    own = venue_features(memory, curve, impact_all_in_q16, np.asarray(capital_q6)[..., None], level[..., None])
    return np.concatenate([own, np.broadcast_to(shared[..., None, :], (*own.shape[:-1], shared.shape[-1]))], -1)


def _clamped(columns: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    stacked = np.stack([np.broadcast_to(column, shape) for column in columns], -1)
    return np.clip(stacked, -spec.FEATURE_MAX, spec.FEATURE_MAX)
