import numpy as np
import pytest
import torch

import closed_loop
import gradient
import rule
import specification as spec
from evaluate import hindsight, of_network
from market import generate
from network import Network


def tiny_window(hours=30, markets=2, venues=3, steps=4, seed=0, cap=None) -> gradient.Window:
    g = torch.Generator().manual_seed(seed)
    rand = lambda *shape: torch.rand(shape, generator=g)
    states, _ = gradient.grid(venues, steps, cap)
    return gradient.Window(
        values=torch.zeros(hours, markets, venues, spec.VALUES),
        averages=0.02 + 0.05 * rand(hours, markets, venues, 5),
        impact=1 - 0.3 * rand(hours, markets, venues, steps + 1),
        income=1e-5 * rand(hours, markets, venues, steps + 1),
        gas=1e-5 * rand(hours, markets),
        held=states[torch.randint(len(states), (hours, markets), generator=g)],
        cap=cap,
    )


@pytest.mark.parametrize("cap", [None, 2])
def test_values_are_what_the_hard_policy_earns_step_by_step(cap):
    window = tiny_window(cap=cap)
    scores = 300 * torch.randn(30, 2, 3, 8, generator=torch.Generator().manual_seed(1))
    value, price = gradient.objective(scores, window)
    later = gradient.roll_back(value, price, window)
    states, differs = gradient.grid(3, 4, cap)
    gain, income = gradient.over_states(value, states), gradient.over_states(window.income, states)
    for market in range(2):
        for first in (0, 3, len(states) - 1):
            held, earned = first, income[0, market, first].item()
            for t in range(1, 30):
                touched = differs[:, held]  # [N, S]
                legs = touched.sum(0)
                held_after = int((gain[t, market] - price[t, market] @ touched).argmax())
                earned += income[t, market, held_after].item()
                earned -= window.gas[t, market].item() * float(closed_loop.move_gas(legs[held_after].numpy()))
                held = held_after
            assert abs(later[0, market, first].item() - earned) < 1e-8


def test_places_of_held_steps_are_found():
    states, _ = gradient.grid(3, 10)
    assert (gradient.index_of(states[None], states)[0] == torch.arange(len(states))).all()


def test_the_float_objective_is_the_integer_rule():
    rng = np.random.default_rng(0)
    averages = rng.integers(5_000_000, 200_000_000, (5, 6, 3))
    impact = rng.integers(30_000, 65_537, (6, 3, 11))
    scores = rng.integers(-1500, 1500, (6, 3, 8))
    gas = rng.integers(1_000, 10_000_000, 6)
    window = gradient.Window(
        values=torch.zeros(0),
        averages=torch.tensor(np.moveaxis(averages, 0, -1)[None] / 1e9).float(),
        impact=torch.tensor(impact[None] / 65536).float(),
        income=torch.zeros(0),
        gas=torch.tensor(gas[None] / 1e12).float(),
        held=torch.zeros(0),
    )
    value, price = gradient.objective(torch.tensor(scores[None]).float(), window)
    untouched = rule.value_table(averages << 8, impact, scores, np.full((6, 3), -1), np.zeros(6, np.int64))
    np.testing.assert_allclose(value[0].numpy() * 1e12, untouched, rtol=2e-3, atol=2e4)
    charged = rule.value_table(averages << 8, impact, scores, np.full((6, 3), -1), gas)
    np.testing.assert_allclose(price[0].numpy() * 1e12, (untouched - charged)[..., 0], rtol=1e-3, atol=2)


def test_a_network_with_zero_output_runs_as_the_rule():
    markets = generate(np.random.default_rng(3), 3, 3, closed_loop.WARM_UP + 72)
    start = np.broadcast_to(closed_loop.equal_steps(3, 10), (3, 3))
    parameters = Network(torch.Generator().manual_seed(0)).integers()
    own = closed_loop.run(markets, 10, start, of_network(parameters), compare=True)
    plain = closed_loop.run(markets, 10, start, closed_loop.zero_scores)
    np.testing.assert_array_equal(own.net_return, plain.net_return)
    assert own.unlike_the_rule == 0


def test_nothing_earns_more_than_the_clairvoyant():
    markets = generate(np.random.default_rng(4), 4, 2, closed_loop.WARM_UP + 120)
    start = np.broadcast_to(closed_loop.equal_steps(2, 20), (4, 2))
    static, bound = hindsight(markets)
    for score in (None, closed_loop.zero_scores):
        assert (closed_loop.run(markets, 20, start, score).net_return <= bound + 1e-12).all()
    assert (static <= bound + 1e-12).all()
    assert (closed_loop.run(markets, 20, start, None).net_return <= static + 1e-12).all()
