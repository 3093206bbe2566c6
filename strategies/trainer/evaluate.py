"""Scores policies on markets that training has not seen, in closed loop and with the exact integer rule.

Our own position stands in the rates and sizes that are observed, every decision goes through the specified allocation
rule, and every hour pays its real rate and gas. Beside the policies stand two that know the future: the best static mix,
and the clairvoyant bound (exact dynamic program over the same grid and costs).
"""

import numpy as np

import closed_loop
import network
import specification as spec
from closed_loop import LEG_GAS, PLAN_GAS, WARM_UP, ScoreFunction, equal_steps, income_table
from market import HOURS, Markets, generate
from panels import Panel, cut, join

WINDOW = 720
SETS = {2: 48, 3: 48, 5: 16}  # venues: markets


def of_network(parameters: dict[str, np.ndarray]) -> ScoreFunction:
    return lambda x: network.forward_integers(parameters, x)


def placed(table: np.ndarray, steps: int) -> np.ndarray:
    """Sum of a [E, N, K] table at every point of the grid: [E, K, …, K]; −inf where more than all steps are placed."""
    markets, venues, count = table.shape
    total, used = 0, 0
    for j in range(venues):
        axis = [1] * venues
        axis[j] = count
        total = total + table[:, j].reshape(markets, *axis)
        used = used + np.arange(count).reshape(axis)
    return np.where(used <= steps, total, -np.inf)


def with_moves(value: np.ndarray, gas: np.ndarray) -> np.ndarray:
    """Best of every point over staying and all plans: one pass per axis and touched venue is exact, the plan's own gas is
    paid once."""
    per_market = lambda x: x.reshape(-1, *[1] * (value.ndim - 1))
    moved = value
    for axis in range(1, value.ndim):
        best = moved.max(axis, keepdims=True) - LEG_GAS * per_market(gas)
        moved = np.maximum(moved, best)
    return np.maximum(value, moved - PLAN_GAS * per_market(gas))


def hindsight(markets: Markets, cap: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Net return of the best static mix and of the clairvoyant, both entered from an even split [E]."""
    venues = markets.venues
    steps = spec.grid_steps(venues)
    cap = steps if cap is None else cap
    income = income_table(markets, steps)[..., : cap + 1]
    gas = markets.gas_usd[markets.warm_up :] / markets.capital
    start = (slice(None), *equal_steps(venues, steps))
    static = with_moves(placed(income.sum(0), steps), gas[0])[start]
    after = np.zeros((len(gas[0]), *[cap + 1] * venues))
    for t in range(len(income) - 1, -1, -1):
        after = with_moves(placed(income[t], steps) + after, gas[t])
    return static, after[start]


def bootstrap_share(gain: np.ndarray, headroom: np.ndarray, rng: np.random.Generator, draws: int = 4000) -> list[float]:
    """95 % interval of Σ gain / Σ headroom, resampling whole markets."""
    picks = rng.integers(0, len(gain), (draws, len(gain)))
    return [float(x) for x in np.percentile(gain[picks].sum(1) / headroom[picks].sum(1), [2.5, 97.5])]


Case = tuple[Markets, int | None]  # markets of as many venues, and the most steps in a venue


def evaluate(policies: dict[str, ScoreFunction], seed: int, sets: dict[int, int] = SETS) -> dict:
    """Pooled report over held-out generated markets."""
    cases = {
        venues: (generate(np.random.default_rng([seed, venues]), count, venues, WARM_UP + WINDOW), None)
        for venues, count in sets.items()
    }
    return {"kind": "generated", "seed": seed, **score(policies, cases, seed)}


SEASON_CAPITAL, SEASON_CAP = 5e6, 4  # that of `npm start`: five million, two fifths a venue


def evaluate_panels(policies: dict[str, ScoreFunction], panels: list[Panel], seed: int = 1) -> dict:
    """Pooled report over recorded markets: every venue, windows one after another, a keeper that has just started."""
    windows = [
        cut(panel, first, WINDOW + 1, np.arange(len(panel.venues)), SEASON_CAPITAL)
        for panel in panels
        for first in range(0, panel.hours - WINDOW, WINDOW)
    ]
    markets = join(windows)
    markets.warm_up = 1
    cases = {markets.venues: (markets, SEASON_CAP)}
    return {"kind": "recorded", "panels": [panel.name for panel in panels], "seed": seed, **score(policies, cases, seed)}


def score(policies: dict[str, ScoreFunction], cases: dict[int, Case], seed: int) -> dict:
    """Returns are percentage points a year; shares are of Σ (clairvoyant − static)."""
    scale = 100 * HOURS / WINDOW
    sizes = [len(markets.capital) for markets, _ in cases.values()]
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (*policies, "best static", "clairvoyant", "capital")}
    legs: dict[str, list[np.ndarray]] = {name: [] for name in policies}
    unlike: dict[str, list[float]] = {name: [] for name in policies}
    for venues, (markets, cap) in cases.items():
        static, bound = hindsight(markets, cap)
        rows["best static"].append(static * scale)
        rows["clairvoyant"].append(bound * scale)
        rows["capital"].append(markets.capital)
        for name, scores in policies.items():
            steps = spec.grid_steps(venues)
            start = np.broadcast_to(equal_steps(venues, steps), markets.mode.shape)
            result = closed_loop.run(markets, steps, start, scores, cap=cap, compare=name == "network")
            rows[name].append(result.net_return * scale)
            legs[name].append(result.touched * 730 / WINDOW)
            unlike[name].append(result.unlike_the_rule * len(markets.capital))
    joined = {name: np.concatenate(parts) for name, parts in rows.items()}
    headroom = joined["clairvoyant"] - joined["best static"]
    rng = np.random.default_rng(seed)
    report = {
        "markets": sum(sizes),
        "hours": WINDOW,
        "headroomPp": float(headroom.mean()),
        "bestStaticAprPct": float(joined["best static"].mean()),
        "clairvoyantAprPct": float(joined["clairvoyant"].mean()),
        "policies": {},
    }
    for name in policies:
        gain = joined[name] - joined["best static"]
        parts = np.split(np.arange(len(gain)), np.cumsum(sizes)[:-1])
        report["policies"][name] = {
            "aprPct": float(joined[name].mean()),
            "share": float(gain.sum() / headroom.sum()),
            "share95": bootstrap_share(gain, headroom, rng),
            "shareByVenues": {v: float(gain[p].sum() / headroom[p].sum()) for v, p in zip(cases, parts)},
            "touchedVenuesPerMonth": float(np.concatenate(legs[name]).mean()),
        }
        if name == "network":
            report["policies"][name]["decisionsUnlikeTheRule"] = sum(unlike[name]) / report["markets"]
    for other in [name for name in policies if name != "network"] if "network" in policies else []:
        paired = joined["network"] - joined[other]
        picks = rng.integers(0, len(paired), (4000, len(paired)))
        large = joined["capital"] >= 6e5
        report["networkOver" + other.capitalize()] = {
            "meanPp": float(paired.mean()),
            "interval95Pp": [float(x) for x in np.percentile(paired[picks].mean(1), [2.5, 97.5])],
            "share": float(paired.sum() / headroom.sum()),
            "share95": bootstrap_share(paired, headroom, rng),
            "marketsBetter": float((paired > 0).mean()),
            "meanPpLargeCapital": float(paired[large].mean()),
            "meanPpSmallCapital": float(paired[~large].mean()) if (~large).any() else None,
        }
    return report
