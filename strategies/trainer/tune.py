"""Finds the constant scores that serve best: where training starts.

A network that answers the same for every venue and hour is the rule with other constants: another mix of half-lives, another
horizon, another price of moving. A cross-entropy search runs many of them at once in closed loop. What the gradient then adds is what
depends on the state.
"""

import numpy as np

import specification as spec
from closed_loop import ScoreFunction, equal_steps, run
from market import HOURS, Markets
from panels import Panel, cut, join

WINDOW = 720
CAP = 4
CANDIDATES, ROUNDS, ELITE = 12, 14, 4
UNIT = spec.BIAS_SCALE >> spec.SHIFT  # a bias of one int8 moves a score by this
FREE = spec.SCORES - 1  # the last score is reserved
MEAN = np.array([0, 0, 0, 0, 0, 0, 256.0])
SPREAD = np.array([100, 150, 250, 350, 250, 700, 700.0])


def constant_scores(scores: np.ndarray) -> ScoreFunction:
    """`scores` [FREE], or one row per market [E, FREE], whatever is observed."""
    full = np.concatenate([scores, np.zeros((*scores.shape[:-1], 1), np.int64)], -1)
    full = full[:, None, :] if full.ndim == 2 else full
    return lambda x: np.broadcast_to(full, (*x.shape[:-1], spec.SCORES)).copy()


def tuning_markets(rng: np.random.Generator, panels: list[Panel]) -> list[Markets]:
    """Two windows of every panel, with all of its venues and a keeper that has just started: the first hours with five million,
    and hours and capital drawn at random."""
    windows = []
    for panel in panels:
        every = np.arange(len(panel.venues))
        first = int(rng.integers(panel.hours - WINDOW))
        capital = float(np.exp(rng.uniform(np.log(1e6), np.log(3e7))))
        windows += [cut(panel, 0, WINDOW + 1, every, 5e6), cut(panel, first, WINDOW + 1, every, capital)]
    return windows


def tune(rng: np.random.Generator, panels: list[Panel], log=print) -> np.ndarray:
    """The best constants of the search [FREE], multiples of UNIT."""
    windows = tuning_markets(rng, panels)
    count = len(windows)
    markets = join(windows * CANDIDATES)
    markets.warm_up = 1
    venues = markets.venues
    steps = spec.grid_steps(venues)
    start = np.broadcast_to(equal_steps(venues, steps), markets.mode.shape)
    limits = np.array(spec.SCORE_LIMITS[:FREE])
    top = 127 * UNIT
    mean, spread, best, best_value = MEAN, SPREAD, np.zeros(FREE, np.int64), -np.inf
    for number in range(ROUNDS):
        drawn = mean + spread * rng.normal(size=(CANDIDATES, FREE))
        drawn[0] = best
        drawn = np.clip(drawn, np.maximum(limits[:, 0], -top), np.minimum(limits[:, 1], top))
        candidates = (np.round(drawn / UNIT) * UNIT).astype(np.int64)
        result = run(markets, steps, start, constant_scores(np.repeat(candidates, count, 0)), cap=CAP)
        value = result.net_return.reshape(CANDIDATES, count).mean(1)
        order = np.argsort(-value, kind="stable")
        if value[order[0]] > best_value:
            best, best_value = candidates[order[0]], value[order[0]]
        elite = candidates[order[:ELITE]]
        mean = 0.3 * mean + 0.7 * elite.mean(0)
        spread = 0.5 * spread + 0.5 * (elite.std(0) + 10)
        if number == 0:
            log(f"constants: the rule {value[0] * 100 * HOURS / WINDOW:.4f} %")
    log(f"constants: {best.tolist()} {best_value * 100 * HOURS / WINDOW:.4f} %")
    return best
