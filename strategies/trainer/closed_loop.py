"""Runs a policy in generated markets as it would run in real ones: our own position stands in the rates and sizes that are
observed, and every decision goes through the specified integers."""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

import observe
import rule
import specification as spec
from market import HOURS, Markets

WARM_UP = 600  # hours before the first decision, in which averages settle

# What a plan costs beside what is observed, a touched venue's 200 thousand gas: docs/policy-spec.md section 4 and
# defaultPlanSettings in src/plan/plan-settings.ts.
PLAN_GAS, LEG_GAS = 240 / 200, 130 / 200

# Network input [E, N, 17] to scores [E, N, 8]; None holds.
ScoreFunction = Callable[[np.ndarray], np.ndarray] | None


def zero_scores(x: np.ndarray) -> np.ndarray:
    """The rule itself."""
    return np.zeros((*x.shape[:-1], spec.SCORES), np.int64)


def q6(amount: np.ndarray) -> np.ndarray:
    return np.floor(amount * 64).astype(np.int64)


def gas_e12(markets: Markets) -> np.ndarray:
    return np.minimum(markets.gas_usd / markets.capital * 1e12, spec.GAS_MAX_E12).astype(np.int64)


def move_gas(legs: np.ndarray) -> np.ndarray:
    """Gas of a plan that touches so many venues, in the observed price of one; nothing where it touches none."""
    return np.where(legs > 0, PLAN_GAS + LEG_GAS * legs, 0)


def equal_steps(venues: int, steps: int) -> np.ndarray:
    """An even split of the grid; the last venues take what is left over."""
    split = np.full(venues, steps // venues)
    split[venues - steps % venues :] += 1 if steps % venues else 0
    return split


@dataclass
class Run:
    """What a run earned and, hour by hour, what it saw before each decision and held then."""

    net_return: np.ndarray  # [E] share of the capital over the window
    touched: np.ndarray  # [E] touched venues
    unlike_the_rule: float = 0.0  # share of decisions that differ from the rule's in the same state
    values: list[np.ndarray] = field(default_factory=list)  # L times [E, N, 17]
    averages_e9: list[np.ndarray] = field(default_factory=list)  # L times [5, E, N]
    impact_q16: list[np.ndarray] = field(default_factory=list)  # L times [E, N, K]
    held: list[np.ndarray] = field(default_factory=list)  # L times [E, N]


def run(
    markets: Markets,
    steps: int,
    start: np.ndarray,
    score: ScoreFunction,
    *,
    cap: int | None = None,
    all_placed: bool = False,
    compare: bool = False,
    record: bool = False,
) -> Run:
    """Holds `start` [E, N] steps while averages settle, then decides every hour on what is known at its start. No venue takes
    more than `cap` steps."""
    held = start.copy()
    capital, gas = q6(markets.capital), gas_e12(markets)
    caps = np.full(held.shape, steps if cap is None else cap)
    result = Run(np.zeros(len(capital)), np.zeros(len(capital)))
    memory, unlike = None, 0
    own = held / steps * markets.capital[:, None]
    apr = markets.supply_apr_e9(own, 0)
    for t in range(1, markets.hours):
        sample = np.floor(apr).astype(np.int64), q6(markets.supply[t] + own), q6(markets.borrow[t]), q6(own)
        memory = observe.first_memory(*sample) if memory is None else observe.advance(memory, *sample, count=t)
        if t >= markets.warm_up and score is not None:
            curve = observe.Curve(
                markets.mode, markets.kink_q16, markets.rate0_e9[t], markets.rate_kink_e9[t], markets.rate_max_e9[t]
            )
            impact = observe.impact_q16(memory, curve, capital, steps)
            x = observe.network_input(memory, curve, impact[..., -1], capital, gas[t])
            decide = lambda scores: rule.allocate(
                rule.value_table(memory.averages_q8, impact, scores, held, gas[t]), held, caps, all_placed
            )
            if record:
                result.values.append(x)
                result.averages_e9.append(memory.averages_q8 >> 8)
                result.impact_q16.append(impact)
                result.held.append(held)
            target = decide(score(x))
            if compare:
                unlike += int((target != decide(zero_scores(x))).any(1).sum())
            legs = (target != held).sum(1)
            held = target
            own = held / steps * markets.capital[:, None]
            result.net_return -= move_gas(legs) * markets.gas_usd[t] / markets.capital
            result.touched += legs
        apr = markets.supply_apr_e9(own, t)
        if t >= markets.warm_up:
            result.net_return += (apr / 1e9 / HOURS * held / steps).sum(1)
    result.unlike_the_rule = unlike / (len(capital) * (markets.hours - markets.warm_up))
    return result


def income_table(markets: Markets, steps: int) -> np.ndarray:
    """What k steps of capital really earn in each hour of the window, as a share of the capital: [L, E, N, steps + 1]."""
    share = np.arange(steps + 1) / steps
    hours = slice(markets.warm_up, None)
    tables = [markets.supply_apr_e9(markets.capital[:, None] * part, hours) * part for part in share]
    return np.stack(tables, -1) / 1e9 / HOURS
