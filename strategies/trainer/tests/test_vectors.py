"""The shared vectors of test/vectors, which TypeScript and Solidity answer too."""

import json
from pathlib import Path

import numpy as np
import pytest

import observe
import rule
import specification as spec
from keccak import keccak256
from network import forward_integers

FOLDER = Path(__file__).resolve().parents[3] / "test" / "vectors"


def load(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


def array(values) -> np.ndarray:
    return np.array([int(value) for value in values], np.int64)


@pytest.mark.parametrize("kind, function", [(0, observe.log2_q10), (1, observe.exp2_q16)])
def test_log2_and_exp2(kind, function):
    rows = [row for row in load("math")["rows"] if row[0] == kind]
    assert len(rows) > 50
    np.testing.assert_array_equal(function(array(row[1] for row in rows)), array(row[2] for row in rows))


def memory_of(row) -> observe.Memory:
    """Memory behind the inputs of a row of memory.json."""
    _, _, _, apr, *rest = [int(value) for value in row[9:]]
    volatility, spike, _, _, supply, borrow, supply72, borrow72, own72, _ = rest[5:]
    one = lambda value: np.array([value], np.int64)
    return observe.Memory(
        one(apr), np.array([[e] for e in rest[:5]]), *map(one, (volatility, spike, supply, borrow, supply72, borrow72, own72))
    )


def test_memory_moves_as_the_vectors_do():
    rows = load("memory")["rows"]
    rates = sizes = 0
    for before, after in zip(rows, rows[1:]):
        if before[0] != after[0]:
            continue
        timestamp, stale, index = int(after[1]), after[2], int(after[3])
        slot, observed_at, last_index, count = int(before[9]), int(before[10]), int(before[11]), int(before[20])
        if int(after[9]) != slot and count >= 2 and not stale:  # the rate moved
            growth = max(0, index - last_index)
            apr = min(spec.RATE_MAX, growth * 31536000 * 10**9 // (last_index * (timestamp - observed_at)))
            memory = memory_of(before)
            for _ in range(min(timestamp // 3600 - slot, 48)):
                zero = np.zeros(1, np.int64)
                memory = observe.advance(memory, np.array([apr]), zero, zero, zero, count)
            expected = memory_of(after)
            for name in ("apr_e9", "averages_q8", "volatility_q8", "spike_slots"):
                np.testing.assert_array_equal(getattr(memory, name), getattr(expected, name), err_msg=f"{name} {after}")
            rates += 1
        if int(before[21]) >= 0 and int(after[21]) > int(before[21]):  # sizes were sampled
            sample = [np.array([min(spec.SIZE_MAX, int(after[i]) * 64 // 10**6)]) for i in (5, 6, 7)]
            memory = memory_of(before)
            for _ in range(min(int(after[21]) - int(before[21]), 48)):
                memory = observe.advance(memory, memory.apr_e9, *sample)
            expected = memory_of(after)
            for name in ("supply_fast_q6", "borrow_fast_q6", "supply_slow_q6", "borrow_slow_q6", "own_slow_q6"):
                np.testing.assert_array_equal(getattr(memory, name), getattr(expected, name), err_msg=f"{name} {after}")
            sizes += 1
    assert rates > 20 and sizes > 20


def test_features_of_a_venue():
    checked = 0
    for row in load("features")["rows"]:
        v = [int(value) for value in row[:21]]
        if v[16] < 2:  # no rate yet: all features are zero, and the trainer never sees such a venue
            assert not any(row[22:33])
            continue
        one = lambda i: np.array([v[i]], np.int64)
        memory = observe.Memory(
            one(11), array(v[3:8])[:, None], one(12), one(13), one(14), one(15), one(8), one(9), one(10)
        )
        curve = observe.Curve(one(17), one(18), one(19), one(20), array(row[21:22]))
        impact = observe.impact_q16(memory, curve, array([v[1]])[0], v[2])
        found = observe.venue_features(memory, curve, impact[:, -1], one(1), one(0))
        np.testing.assert_array_equal(found[0], array(row[22:34]), err_msg=str(row))
        checked += 1
    assert checked > 20


def test_features_of_all_venues():
    for row in load("levels")["rows"]:
        venues = row[0]
        per_venue = np.array([[int(value) for value in row[1 + 4 * j : 5 + 4 * j]] for j in range(venues)])
        rest = row[1 + 4 * venues :]
        seen = per_venue[per_venue[:, 0] >= 2]
        if not len(seen):
            continue
        levels = [observe.level_e9(seen[:, place] >> 8) for place in (2, 1, 3)]
        assert [int(level) for level in levels] == [int(value) for value in rest[4:7]]
        found = observe.global_features(*map(np.asarray, levels), np.int64(int(rest[7])))
        np.testing.assert_array_equal(found, array(rest[8:13]), err_msg=str(row))


def test_the_network():
    file = load("network")
    for row in file["rows"]:
        data = np.frombuffer(bytes.fromhex(file["parameters"][row[0]][2:]), np.int8)
        parameters, at = {}, 0
        for name, shape in spec.LAYERS.items():
            parameters[name] = data[at : at + np.prod(shape)].reshape(shape)
            at += np.prod(shape)
        assert at == len(data)
        venues = row[1]
        x = array(row[2 : 2 + 17 * venues]).reshape(venues, 17)
        scores = array(row[2 + 17 * venues : 2 + 25 * venues]).reshape(venues, 8)
        np.testing.assert_array_equal(forward_integers(parameters, x), scores)


def test_the_allocation_rule():
    checked = 0
    for row in load("allocation")["rows"]:
        steps, capital, gas, max_step, max_out, venues = (int(value) for value in row[:6])
        if venues == 0:
            continue
        per_venue = np.array([[int(value) for value in row[6 + 24 * j : 30 + 24 * j]] for j in range(venues)])
        expected, value = array(row[6 + 24 * venues : 6 + 25 * venues]), int(row[6 + 25 * venues])
        own, cap, stale, scores = per_venue[:, 13], per_venue[:, 14], per_venue[:, 15], per_venue[:, 16:]
        if stale.any() or max_step < steps or max_out < steps or capital == 0:
            continue  # limits that the trainer's markets do not have
        zero = np.zeros(venues, np.int64)
        memory = observe.Memory(
            zero, per_venue[:, :5].T, zero, zero, zero, zero, per_venue[:, 5], per_venue[:, 6], per_venue[:, 7]
        )
        curve = observe.Curve(*per_venue[:, 8:13].T)
        impact = observe.impact_q16(memory, curve, np.int64(capital), steps)
        table = rule.value_table(
            memory.averages_q8[:, None], impact[None], scores[None], own[None], np.array([gas])
        )
        found = rule.allocate(table, own[None], cap[None])[0]
        np.testing.assert_array_equal(found, expected, err_msg=str(row[:5]))
        assert sum(int(table[0, j, found[j]]) for j in range(venues)) == value
        checked += 1
    assert checked > 10


def test_the_schema_hash_is_that_of_the_section_observation():
    canonical = json.dumps(spec.SPEC["observation"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert keccak256(canonical.encode()) == spec.SCHEMA_HASH
