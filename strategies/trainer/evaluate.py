"""Scores policies on markets that training has not seen, in closed loop and with the exact integer rule.

Our own position stands in the rates and sizes that are observed, every decision goes through the specified allocation
rule, and every hour pays its real rate and gas. Beside the policies stand two that know the future: the best static mix,
and the clairvoyant bound (exact dynamic program over the same grid and costs).
"""

import numpy as np

import closed_loop
import network
import specification as spec
from closed_loop import WARM_UP, ScoreFunction, equal_steps, income_table
from market import HOURS, Markets, generate

WINDOW = 720
SETS = {2: 48, 3: 48, 5: 16}  # venues: markets


def of_network(parameters: dict[str, np.ndarray]) -> ScoreFunction:
    return lambda x: network.forward_integers(parameters, x)


def on_grid(table: np.ndarray) -> np.ndarray:
    """Sum of a [E, N, K] table at every point of the grid: [E, K, …, K]; −inf where more than all is placed."""
    markets, venues, count = table.shape
    total, used = 0, 0
    for j in range(venues):
        axis = [1] * venues
        axis[j] = count
        total = total + table[:, j].reshape(markets, *axis)
        used = used + np.arange(count).reshape(axis)
    return np.where(used < count, total, -np.inf)


def with_moves(value: np.ndarray, gas: np.ndarray) -> np.ndarray:
    """Best of every point over all moves, each changed venue paying gas: one pass per axis is exact."""
    for axis in range(1, value.ndim):
        best = value.max(axis, keepdims=True) - gas.reshape(-1, *[1] * (value.ndim - 1))
        value = np.maximum(value, best)
    return value


def hindsight(markets: Markets) -> tuple[np.ndarray, np.ndarray]:
    """Net return of the best static mix and of the clairvoyant, both entered from an even split [E]."""
    venues = markets.venues
    steps = spec.grid_steps(venues)
    income = income_table(markets, steps)
    gas = markets.gas_usd[WARM_UP:] / markets.capital
    start = (slice(None), *equal_steps(venues, steps))
    static = with_moves(on_grid(income.sum(0)), gas[0])[start]
    after = np.zeros((len(gas[0]), *[steps + 1] * venues))
    for t in range(len(income) - 1, -1, -1):
        after = with_moves(on_grid(income[t]) + after, gas[t])
    return static, after[start]


def bootstrap_share(gain: np.ndarray, headroom: np.ndarray, rng: np.random.Generator, draws: int = 4000) -> list[float]:
    """95 % interval of Σ gain / Σ headroom, resampling whole markets."""
    picks = rng.integers(0, len(gain), (draws, len(gain)))
    return [float(x) for x in np.percentile(gain[picks].sum(1) / headroom[picks].sum(1), [2.5, 97.5])]


def evaluate(policies: dict[str, ScoreFunction], seed: int, sets: dict[int, int] = SETS) -> dict:
    """Pooled report over held-out markets. Returns are percentage points a year; shares are of Σ (clairvoyant − static)."""
    scale = 100 * HOURS / WINDOW
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (*policies, "best static", "clairvoyant", "capital")}
    legs: dict[str, list[np.ndarray]] = {name: [] for name in policies}
    unlike: dict[str, list[float]] = {name: [] for name in policies}
    for venues, markets_count in sets.items():
        markets = generate(np.random.default_rng([seed, venues]), markets_count, venues, WARM_UP + WINDOW)
        static, bound = hindsight(markets)
        rows["best static"].append(static * scale)
        rows["clairvoyant"].append(bound * scale)
        rows["capital"].append(markets.capital)
        for name, score in policies.items():
            steps = spec.grid_steps(venues)
            start = np.broadcast_to(equal_steps(venues, steps), markets.mode.shape)
            result = closed_loop.run(markets, steps, start, score, compare=name == "network")
            rows[name].append(result.net_return * scale)
            legs[name].append(result.touched * 730 / WINDOW)
            unlike[name].append(result.unlike_the_rule * markets_count)
    joined = {name: np.concatenate(parts) for name, parts in rows.items()}
    headroom = joined["clairvoyant"] - joined["best static"]
    rng = np.random.default_rng(seed)
    report = {
        "seed": seed,
        "markets": sum(sets.values()),
        "hours": WINDOW,
        "headroomPp": float(headroom.mean()),
        "bestStaticAprPct": float(joined["best static"].mean()),
        "clairvoyantAprPct": float(joined["clairvoyant"].mean()),
        "policies": {},
    }
    for name in policies:
        gain = joined[name] - joined["best static"]
        parts = np.split(np.arange(len(gain)), np.cumsum(list(sets.values()))[:-1])
        report["policies"][name] = {
            "aprPct": float(joined[name].mean()),
            "share": float(gain.sum() / headroom.sum()),
            "share95": bootstrap_share(gain, headroom, rng),
            "shareByVenues": {v: float(gain[p].sum() / headroom[p].sum()) for v, p in zip(sets, parts)},
            "touchedVenuesPerMonth": float(np.concatenate(legs[name]).mean()),
        }
        if name == "network":
            report["policies"][name]["decisionsUnlikeTheRule"] = sum(unlike[name]) / report["markets"]
    if "network" in policies and "rule" in policies:
        paired = joined["network"] - joined["rule"]
        picks = rng.integers(0, len(paired), (4000, len(paired)))
        large = joined["capital"] >= 6e5
        report["networkOverRule"] = {
            "meanPp": float(paired.mean()),
            "interval95Pp": [float(x) for x in np.percentile(paired[picks].mean(1), [2.5, 97.5])],
            "share": float(paired.sum() / headroom.sum()),
            "share95": bootstrap_share(paired, headroom, rng),
            "marketsBetter": float((paired > 0).mean()),
            "meanPpLargeCapital": float(paired[large].mean()),
            "meanPpSmallCapital": float(paired[~large].mean()),
        }
    return report
