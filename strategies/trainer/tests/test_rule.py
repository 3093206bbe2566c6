import itertools

import numpy as np

import rule
import specification as spec
from closed_loop import move_gas
from evaluate import placed, with_moves
from keccak import keccak256


def test_keccak256_is_the_one_of_ethereum():
    assert keccak256(b"") == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc") == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    # One byte short of a block, a whole block, one byte more: the padding's corners.
    assert len({keccak256(b"a" * length) for length in (135, 136, 137)}) == 3


def best_by_enumeration(table, own, cap):
    count = table.shape[-1]
    points = [
        k
        for k in itertools.product(range(count), repeat=len(table))
        if sum(k) < count and all(k[j] <= max(own[j], cap[j]) for j in range(len(k)))
    ]
    return max(sum(int(table[j, k[j]]) for j in range(len(k))) for k in points)


def test_the_convolution_finds_the_best_of_all_points():
    rng = np.random.default_rng(0)
    for venues, steps in ((1, 20), (2, 8), (3, 6), (4, 4)):
        table = rng.integers(-50, 100, (40, venues, steps + 1))
        own = np.stack([rng.multinomial(rng.integers(0, steps + 1), np.ones(venues) / venues) for _ in range(40)])
        cap = rng.integers(0, steps + 1, (40, venues))
        chosen = rule.allocate(table, own, cap)
        for e in range(40):
            value = sum(int(table[e, j, chosen[e, j]]) for j in range(venues))
            assert value == best_by_enumeration(table[e], own[e], cap[e])
            assert chosen[e].sum() <= steps and (chosen[e] <= np.maximum(own[e], cap[e])).all()


def test_holding_wins_a_tie():
    own = np.array([[3, 2]])
    assert (rule.allocate(np.zeros((1, 2, 21), np.int64), own, np.full((1, 2), 20)) == own).all()


def test_moves_cost_gas_for_the_plan_and_for_each_changed_venue():
    rng = np.random.default_rng(1)
    table, gas = rng.random((2, 3, 5)), np.array([0.05, 0.3])
    value = placed(table, 4)
    moved = with_moves(value, gas)
    points = [k for k in itertools.product(range(5), repeat=3) if sum(k) <= 4]
    for e in range(2):
        for start in points:
            best = max(value[e][k] - gas[e] * move_gas(np.array(sum(a != b for a, b in zip(k, start)))) for k in points)
            assert abs(moved[e][start] - best) < 1e-12


def test_the_table_of_value_follows_the_formula_of_the_specification():
    averages = np.full((5, 1, 1), 40_000_000 << 8)  # 4 %
    impact = np.full((1, 1, 21), 65536)
    gas = np.array([1_000_000])
    table = rule.value_table(averages, impact, np.zeros((1, 1, 8), np.int64), np.array([[0]]), gas)
    # 4 % over 168 hours of 8760, all in, less the gas of one leg.
    assert table[0, 0, 20] == 40_000_000 * 20 * 2688 * 1000 // (20 * 8760 * 16) - 1_000_000
    assert table[0, 0, 0] == 0
    assert spec.HORIZON_Q4 == 168 * 16
