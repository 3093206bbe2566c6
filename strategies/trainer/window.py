"""From generated markets to what the gradient needs: observations along paths that our own moves do not change."""

import numpy as np
import torch

import observe
from gradient import HOURS, Window
from market import Markets

WARM_UP = 600  # hours before the window in which averages settle


def q6(amount: np.ndarray) -> np.ndarray:
    return np.floor(amount * 64).astype(np.int64)


def curve_at(markets: Markets, hours) -> observe.Curve:
    return observe.Curve(
        markets.mode, markets.kink_q16, markets.rate0_e9[hours], markets.rate_kink_e9[hours], markets.rate_max_e9[hours]
    )


def gas_e12(markets: Markets, hours=slice(None)) -> np.ndarray:
    return np.minimum(markets.gas_usd[hours] / markets.capital * 1e12, observe.spec.GAS_MAX_E12).astype(np.int64)


def observe_paths(markets: Markets, held: np.ndarray, steps: int, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Integer observations of every hour from `first` on, while we hold `held` (share of capital [T, E, N], before the hour's
    decision). The decision of hour t sees the rate of the slot before it and the sizes at its start.

    Returns network input [L, E, N, 17], averages in E9 [L, E, N, 5] and impact in Q16 [L, E, N, steps + 1].
    """
    own = held[1:] * markets.capital[:, None]
    apr = np.floor(markets.supply_apr_e9(own, slice(0, -1))).astype(np.int64)
    supply, borrow, own_q6 = q6(markets.supply[1:] + own), q6(markets.borrow[1:]), q6(own)
    memory = observe.first_memory(apr[0], supply[0], borrow[0], own_q6[0])
    kept = []
    for t in range(1, markets.hours - 1):  # hour t + 1
        memory = observe.advance(memory, apr[t], supply[t], borrow[t], own_q6[t])
        if t + 1 >= first:
            kept.append(memory)
    along = lambda name, axis=0: np.stack([getattr(memory, name) for memory in kept], axis)
    path = observe.Memory(
        along("apr_e9"),
        along("averages_q8", 1),
        *(along(name) for name in ("volatility_q8", "spike_slots", "supply_fast_q6", "borrow_fast_q6")),
        *(along(name) for name in ("supply_slow_q6", "borrow_slow_q6", "own_slow_q6")),
    )
    hours = slice(first, None)
    curve = curve_at(markets, hours)
    curve.mode, curve.kink_q16 = (np.broadcast_to(x, path.apr_e9.shape) for x in (curve.mode, curve.kink_q16))
    capital = np.broadcast_to(q6(markets.capital), path.apr_e9.shape[:2])
    impact = observe.impact_q16(path, curve, capital, steps)
    values = observe.network_input(path, curve, impact[..., -1], capital, gas_e12(markets, hours))
    return values, np.moveaxis(path.averages_q8 >> 8, 0, -1), impact


def income_table(markets: Markets, steps: int, first: int) -> np.ndarray:
    """What k steps of capital really earn in each hour from `first` on, as a share of the capital: [L, E, N, steps + 1]."""
    share = np.arange(steps + 1) / steps
    tables = [markets.supply_apr_e9(markets.capital[:, None] * part, slice(first, None)) * part for part in share]
    return np.stack(tables, -1) / 1e9 / HOURS


def equal_steps(venues: int, steps: int) -> np.ndarray:
    """An even split of the grid; the last venues take what is left over."""
    split = np.full(venues, steps // venues)
    split[venues - steps % venues :] += 1 if steps % venues else 0
    return split


def _float32(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, np.float32))


class Windows:
    """Training windows of one batch of markets, observed while we hold a given path."""

    def __init__(self, markets: Markets, steps: int, rng: np.random.Generator):
        count, venues = markets.mode.shape
        split = rng.dirichlet(np.ones(venues) * 0.7, count)
        even = rng.random((count, 1)) < 0.5
        start = np.where(even, equal_steps(venues, steps), np.stack([rng.multinomial(steps, p) for p in split]))
        self.markets, self.steps, self.start = markets, steps, start
        self.income = _float32(income_table(markets, steps, WARM_UP))
        self.gas = _float32(markets.gas_usd[WARM_UP:] / markets.capital)

    def observed(self, path: torch.Tensor | None = None) -> Window:
        """`path` [L, E, N]: steps held before each decision; the start throughout where absent."""
        held = np.broadcast_to(self.start, (self.markets.hours, *self.start.shape)).copy()
        if path is not None:
            held[WARM_UP:] = path.numpy()
        values, averages, impact = observe_paths(self.markets, held / self.steps, self.steps, WARM_UP)
        return Window(
            values=_float32(values),
            averages=_float32(averages / 1e9),
            impact=_float32(impact / 65536),
            income=self.income,
            gas=self.gas,
            start=torch.from_numpy(self.start),
        )
