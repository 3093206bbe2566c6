"""All-action policy gradient on exogenous paths.

The policy runs in closed loop (closed_loop.py); what it saw on the way is then taken as given. For that path the value of
every grid state at every hour follows by rolling the hard policy back from the end, and the value of every action in it is
exact: no critic, no sampling. The loss pushes the softmax of the policy's own objective towards actions whose exact value is
higher; the softmax only enters the gradient, the policy that runs and is rolled back is the hard argmax.
"""

import itertools
from dataclasses import dataclass
from functools import lru_cache

import torch

from closed_loop import LEG_GAS, PLAN_GAS

HOURS = 8760
HORIZON = 168.0


@dataclass
class Window:
    """One batch of paths as the trainer needs them, float32. L hours, E markets, N venues, K = grid steps + 1."""

    values: torch.Tensor  # [L, E, N, 17] network input, integers
    averages: torch.Tensor  # [L, E, N, 5] smoothed APR, 1.0 = 100 %; half-lives 6, 24, 72, 168, 504
    impact: torch.Tensor  # [L, E, N, K] rate at k steps of ours, relative to the rate now
    income: torch.Tensor  # [L, E, N, K] what k steps really earn in the hour, as a share of the capital
    gas: torch.Tensor  # [L, E] gas of one touched venue as it is observed, as a share of the capital
    held: torch.Tensor  # [L, E, N] steps that were held before each decision
    cap: int | None = None  # most steps in one venue


@lru_cache
def grid(venues: int, steps: int, cap: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """All ways to place every step, at most `cap` in a venue: states [S, N], and which venues differ between two of them,
    float [N, S, S]."""
    most = steps if cap is None else cap
    states = [s for s in itertools.product(range(most + 1), repeat=venues) if sum(s) == steps]
    states = torch.tensor(states)
    differs = (states[:, None, :] != states[None, :, :]).float().permute(2, 0, 1).contiguous()
    return states, differs


def over_states(table: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Sum over venues of a [L, E, N, K] table at every state: [L, E, S]."""
    return sum(table[:, :, j].index_select(-1, states[:, j]) for j in range(states.shape[1]))


def objective(scores: torch.Tensor, window: Window) -> tuple[torch.Tensor, torch.Tensor]:
    """The allocation rule's table of value [L, E, N, K] and its price of touching a venue [L, E, N]."""
    s = scores / 1024
    correction, mix = s[..., 0].clamp(-614 / 1024, 1), s[..., 1:5].clamp(-1, 1)
    horizon = HORIZON / HOURS * torch.exp2(s[..., 5].clamp(-3.5, 3).mean(-1))
    e6, e24, e72, e168, e504 = window.averages.unbind(-1)
    rate = e72 * (1 - mix.sum(-1)) + (mix * torch.stack([e6, e24, e168, e504], -1)).sum(-1)
    rate = rate.clamp(min=0) * (1 + correction)
    steps = window.impact.shape[-1] - 1
    share = torch.arange(steps + 1) / steps
    value = (horizon[..., None] * rate)[..., None] * window.impact * share
    price = window.gas[..., None] * (1 + s[..., 6].clamp(-1, 3))
    return value, price


def real_gas(differs: torch.Tensor) -> torch.Tensor:
    """Gas of the plan between any two states [S, S], in the observed price of a touched venue."""
    touched = differs.sum(0)
    return PLAN_GAS * (touched > 0) + LEG_GAS * touched


@lru_cache
def groups(venues: int, steps: int, cap: int | None = None) -> list[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """For every set of venues that a plan may touch: the states in groups that agree on all other venues, [G, M] padded by
    the number of states, and the group of each state [S]."""
    states, _ = grid(venues, steps, cap)
    result = []
    for size in range(2, venues + 1):  # all is placed: one venue alone never changes
        for touched in itertools.combinations(range(venues), size):
            powers = torch.tensor([0 if j in touched else (steps + 1) ** j for j in range(venues)])
            _, place = torch.unique(states @ powers, return_inverse=True)
            members = [torch.nonzero(place == g)[:, 0] for g in range(int(place.max()) + 1)]
            padded = torch.nn.utils.rnn.pad_sequence(members, batch_first=True, padding_value=len(states))
            result.append((list(touched), padded, place))
    return result


CHUNK = 40  # hours at once: what then is in flight fits the cache


@torch.no_grad()
def hard_choices(value: torch.Tensor, price: torch.Tensor, cap: int | None) -> torch.Tensor:
    """Where the hard policy goes from every state in every hour: indices [L, E, S]."""
    hours, markets, venues = price.shape
    steps = value.shape[-1] - 1
    states, _ = grid(venues, steps, cap)
    count = len(states)
    choice = torch.empty(hours, markets, count, dtype=torch.long)
    for first in range(0, hours, CHUNK):
        span = slice(first, first + CHUNK)
        gain = over_states(value[span], states)
        best, to = gain.clone(), torch.arange(count).expand(gain.shape).clone()
        padded_gain = torch.cat([gain, torch.full_like(gain[..., :1], -torch.inf)], -1)
        for touched, members, place in groups(venues, steps, cap):
            top, pick = padded_gain[..., members].max(-1)  # [l, E, G]
            target = members[torch.arange(len(members)), pick]
            candidate = (top - price[span][..., touched].sum(-1, keepdim=True))[..., place]
            better = candidate > best
            best = torch.where(better, candidate, best)
            to = torch.where(better, target[..., place], to)
        choice[span] = to
    return choice


@torch.no_grad()
def roll_back(value: torch.Tensor, price: torch.Tensor, window: Window) -> torch.Tensor:
    """What the hard policy earns from each hour on, by the state held after the hour's decision: [L, E, S]."""
    hours, markets, venues = price.shape
    states, differs = grid(venues, window.impact.shape[-1] - 1, window.cap)
    count = len(states)
    gas_of = real_gas(differs)
    income = over_states(window.income, states)
    choice = hard_choices(value, price, window.cap)
    own = torch.arange(count)
    after = torch.zeros(markets, count)  # value of a state before the decision of the next hour
    later = torch.empty(hours, markets, count)
    for t in range(hours - 1, -1, -1):
        later[t] = income[t] + after
        after = later[t].gather(1, choice[t]) - window.gas[t][:, None] * gas_of[own, choice[t]]
    return later


def index_of(held: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Places [L, E] of held steps [L, E, N] in the list of states."""
    base = states.max() + 1
    powers = base ** torch.arange(states.shape[1])
    codes = states @ powers
    order = codes.argsort()
    return order[torch.searchsorted(codes[order], held @ powers)]


def policy_gradient_loss(
    scores: torch.Tensor,
    window: Window,
    temperature: float,
    generator: torch.Generator,
    extra: int = 2,
    later: torch.Tensor | None = None,
) -> torch.Tensor:
    """Loss in percentage points a year.

    Besides the states that were held, `extra` sets of random states count 0.3 each: their values are known too. `later` is
    what `roll_back` gave for this window, where it is known.
    """
    value, price = objective(scores, window)
    later = roll_back(value, price, window) if later is None else later
    states, differs = grid(price.shape[2], window.impact.shape[-1] - 1, window.cap)
    gas_of = real_gas(differs)
    gain = over_states(value, states)
    scale = temperature * (window.gas.mean(0) + 1e-6)[None, :, None]
    visited = index_of(window.held, states)
    loss = torch.zeros(())
    for number in range(1 + extra):
        if number == 0:
            held, weight = visited, 1.0
        else:
            held, weight = torch.randint(len(states), visited.shape, generator=generator), 0.3
        touched = differs.permute(1, 0, 2)[held]  # [L, E, N, S]
        chance = torch.softmax((gain - torch.einsum("lens,len->les", touched, price)) / scale, -1)
        with torch.no_grad():
            exact = later - window.gas[..., None] * gas_of[held]
            advantage = exact - (chance * exact).sum(-1, keepdim=True)
        loss = loss - weight * (chance * advantage).sum(-1).mean()
    return loss * HOURS * 100
