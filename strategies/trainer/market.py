"""Generated lending markets: what the shipped policy is fitted and scored on.

Per venue, the logit of utilisation is the sum of a fast and a slow Ornstein-Uhlenbeck process, a factor that all venues
of a market share, Student-t jumps that decay, and an extra pull back once it stands above the kink. Deposits follow a
slow process of their own. Four kinds of venues: kinked borrow curve (Aave), supply curve of its own (Comet), adaptive
curve (Morpho), exogenous rate (ERC-4626). Calibration: hourly flows of Aave v3 and Compound v3 in 2023 and 2024.

Shapes: T hours, E markets, N venues. Rates are 1e9 = 100 % a year, amounts are whole asset units.
"""

from dataclasses import dataclass

import numpy as np

NONE, BORROW, SUPPLY = 0, 1, 2
HOURS = 8760


@dataclass
class Markets:
    mode: np.ndarray  # [E, N] NONE, BORROW or SUPPLY
    kink_q16: np.ndarray  # [E, N]
    rate0_e9: np.ndarray  # [T, E, N] the curve at utilisation 0, at the kink, at 1
    rate_kink_e9: np.ndarray
    rate_max_e9: np.ndarray
    kept: np.ndarray  # [E, N] share of the borrowers' interest that reaches suppliers
    exogenous_e9: np.ndarray  # [T, E, N] rate of venues whose curve is NONE
    supply: np.ndarray  # [T, E, N] deposits of the others
    borrow: np.ndarray  # [T, E, N]
    gas_usd: np.ndarray  # [T, E] gas of one touched venue as it is observed
    capital: np.ndarray  # [E]
    observed_e9: np.ndarray | None = None  # [T, E, N] recorded rate with nothing of ours deposited; None: the curve's own
    warm_up: int = 600  # hours before the first decision, in which averages settle; 1: a keeper that has just started

    @property
    def hours(self) -> int:
        return self.supply.shape[0]

    @property
    def venues(self) -> int:
        return self.supply.shape[2]

    def supply_apr_e9(self, own: np.ndarray, hours: slice | int = slice(None)) -> np.ndarray:
        """Rate that suppliers earn when `own` of ours is deposited besides the others. `own` broadcasts to [..., E, N]."""
        rate = self._along_curve(own, hours)
        if self.observed_e9 is not None:
            # Only the curve's shape counts: what was recorded stands at its place for nothing of ours.
            rate = self.observed_e9[hours] * rate / np.maximum(self._along_curve(0.0, hours), 1)
        return np.where(self.mode == NONE, self.exogenous_e9[hours], rate)

    def _along_curve(self, own: np.ndarray | float, hours: slice | int) -> np.ndarray:
        used = np.minimum(self.borrow[hours] / (self.supply[hours] + own), 1.0)
        kink = np.minimum(self.kink_q16 / 65536, 1 - 1e-9)
        low = self.rate0_e9[hours] + (self.rate_kink_e9[hours] - self.rate0_e9[hours]) * (used / kink)
        steep = (self.rate_max_e9[hours] - self.rate_kink_e9[hours]) / (1 - kink)
        curve = np.where(used <= kink, low, self.rate_kink_e9[hours] + steep * (used - kink))
        return np.where(self.mode == BORROW, curve * used * self.kept, curve)


def generate(rng: np.random.Generator, markets: int, venues: int, hours: int) -> Markets:
    """Draws `markets` independent markets of `venues` venues each, `hours` long."""
    shape = (markets, venues)
    uniform = lambda low, high, size=shape: rng.uniform(low, high, size)
    log_uniform = lambda low, high, size=shape: np.exp(rng.uniform(np.log(low), np.log(high), size))
    keep = lambda half_life: 0.5 ** (1 / half_life)

    kind = rng.choice(4, shape, p=[0.45, 0.25, 0.2, 0.1])  # aave, comet, morpho, erc4626
    kink = rng.choice([0.8, 0.85, 0.9, 0.9, 0.92, 0.93], shape)
    kink = np.where(kind == 2, 0.9, kink)
    level = log_uniform(0.5, 2.0, (markets, 1)) * np.exp(0.15 * rng.normal(size=shape))
    rate_kink = uniform(0.03, 0.06) * level
    rate0 = uniform(0, 0.15) * rate_kink
    rate_max = rate_kink + log_uniform(0.08, 1.2)

    # Logit of utilisation, hour by hour.
    centre = np.log(kink / (1 - kink)) + uniform(-1.0, 0.25)
    fast_keep, slow_keep = keep(log_uniform(6, 30)), keep(log_uniform(80, 400))
    fast_sd, slow_sd = log_uniform(0.08, 0.3), log_uniform(0.15, 0.6)
    common_keep, common_sd = keep(log_uniform(300, 1200, (markets, 1))), uniform(0.15, 0.5, (markets, 1))
    common_share = uniform(0.4, 1.4)
    jump_chance, jump_size, jump_keep = 1 / (24 * log_uniform(4, 40)), log_uniform(0.4, 1.6), keep(log_uniform(4, 30))
    pull_hours = log_uniform(10, 60)
    size_keep, size_sd = keep(log_uniform(200, 1500)), log_uniform(0.15, 0.6)
    rate_keep, rate_sd = keep(log_uniform(100, 1000)), log_uniform(0.05, 0.3)

    noise = rng.standard_normal((5, hours, *shape))
    heavy = rng.standard_t(4, (hours, *shape)) / np.sqrt(2)
    jumps = (rng.random((hours, *shape)) < jump_chance) * np.minimum(np.abs(rng.standard_t(3, (hours, *shape))), 4)
    jumps *= np.where(rng.random((hours, *shape)) < 0.75, 1, -1) * jump_size

    kink_logit = np.log(kink / (1 - kink))
    fast = np.zeros(shape)
    slow = slow_sd * noise[0, 0]
    common = common_sd * noise[1, 0, :, :1]
    size = size_sd * noise[2, 0]
    drift = rate_sd * noise[3, 0]
    jump, pull = np.zeros(shape), np.zeros(shape)
    logit, log_size, log_rate = (np.empty((hours, *shape)) for _ in range(3))
    step = lambda kept: np.sqrt(1 - kept**2)
    for t in range(hours):
        fast = fast_keep * fast + fast_sd * step(fast_keep) * heavy[t]
        slow = slow_keep * slow + slow_sd * step(slow_keep) * noise[0, t]
        common = common_keep * common + common_sd * step(common_keep) * noise[1, t, :, :1]
        size = size_keep * size + size_sd * step(size_keep) * noise[2, t]
        drift = rate_keep * drift + rate_sd * step(rate_keep) * noise[3, t]
        jump = jump_keep * jump + jumps[t]
        x = centre + fast + slow + common_share * common + jump - pull
        pull = pull * keep(72) + np.maximum(x - kink_logit, 0) / pull_hours
        logit[t], log_size[t], log_rate[t] = x, size, drift
    used = 1 / (1 + np.exp(-np.clip(logit, -3, 6)))

    capital = np.where(
        rng.random(markets) < 0.85, log_uniform(6e5, 8e7, markets), log_uniform(5e4, 6e5, markets)
    )
    # Pools are large on their own, but none is so small beside us that the vault would be the market.
    pool = np.maximum(log_uniform(5e6, 8e8), capital[:, None] * log_uniform(0.5, 5))
    supply = pool * np.exp(log_size)

    rate_kink_path = np.broadcast_to(rate_kink, used.shape)
    rate0_path = np.broadcast_to(rate0, used.shape)
    rate_max_path = np.broadcast_to(rate_max, used.shape)
    adaptive = kind == 2
    if adaptive.any():
        # Morpho's adaptive curve: the rate at target moves with the distance from 90 % utilisation.
        error = np.where(used > 0.9, (used - 0.9) / 0.1, (used - 0.9) / 0.9)
        log_target = np.log(rate_kink)
        target = np.empty_like(used)
        for t in range(hours):
            target[t] = np.exp(log_target)
            log_target = np.clip(log_target + 50 / HOURS * error[t], np.log(0.001), np.log(2))
        rate_kink_path = np.where(adaptive, target, rate_kink_path)
        rate0_path = np.where(adaptive, target / 4, rate0_path)
        rate_max_path = np.where(adaptive, target * 4, rate_max_path)

    gas_level = 2.5 * np.exp(1.2 * rng.normal(size=markets))
    gas = np.zeros(markets)
    gas_path = np.empty((hours, markets))
    for t in range(hours):
        gas = keep(12) * gas + 0.4 * step(keep(12)) * noise[4, t, :, 0]
        gas_path[t] = gas_level * np.exp(gas)

    result = Markets(
        mode=np.where(kind == 3, NONE, np.where(kind == 1, SUPPLY, BORROW)),
        kink_q16=np.floor(kink * 65536).astype(np.int64),
        rate0_e9=rate0_path * 1e9,
        rate_kink_e9=rate_kink_path * 1e9,
        rate_max_e9=rate_max_path * 1e9,
        kept=np.full(shape, 0.9),
        exogenous_e9=0.85 * rate_kink * np.exp(log_rate) * 1e9,
        supply=supply,
        borrow=supply * used,
        gas_usd=gas_path,
        capital=capital,
    )
    # Money goes where more is paid: the mean rates of a market's venues are pulled together, never quite.
    mean = result.supply_apr_e9(0).mean(0)
    pull_together = (mean.mean(1, keepdims=True) / mean) ** uniform(0, 0.9, (markets, 1))
    for name in ("rate0_e9", "rate_kink_e9", "rate_max_e9", "exogenous_e9"):
        setattr(result, name, np.floor(getattr(result, name) * pull_together).astype(np.int64))
    return result
