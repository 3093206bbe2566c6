import json
import re

import numpy as np
import pytest

import closed_loop
import train
import tune
from panels import PanelError, cut, draw, join, load_panel, load_panels

START = 1_760_000_400
HEADER = "timestamp,supplyApr,totalSupply,totalBorrow,available"


def write_panel(folder, name="one", hours=40, change=None):
    """A panel of three venues whose rates rise hour by hour; `change` edits the files {name: lines} before they are written."""
    venues = [
        {"id": "a", "kind": "kinked", "kink": 0.9, "curve": {"mode": "borrow", "rate0": 0, "rateKink": 0.05, "rateMax": 0.5}},
        {"id": "b", "kind": "comet", "kink": 0.8, "curve": {"mode": "supply", "rate0": 0.01, "rateKink": 0.04, "rateMax": 0.4}},
        {"id": "c", "kind": "exogenous"},
    ]
    files = {
        f"{venue['id']}.csv": [HEADER]
        + [f"{START + 3600 * t},{0.03 + 0.001 * t + 0.01 * j},1000000,{0 if j == 2 else 850000},150000" for t in range(hours)]
        for j, venue in enumerate(venues)
    }
    files["gas.csv"] = ["timestamp,usdPerGas", f"{START},0.00001", f"{START + 3600 * 10},0.00002"]
    head = {
        "name": name,
        "asset": "USDC",
        "stepSeconds": 3600,
        "start": START,
        "end": START + 3600 * (hours - 1),
        "gas": "gas.csv",
        "venues": [{"asset": "USDC", "file": f"{venue['id']}.csv", **venue} for venue in venues],
    }
    if change:
        change(head, files)
    target = folder / name
    target.mkdir()
    for file, lines in files.items():
        (target / file).write_text("\n".join(lines) + "\n")
    (target / "panel.json").write_text(json.dumps(head))
    return target


def test_a_panel_is_read_onto_its_hours_and_a_value_stands_until_the_next_row(tmp_path):
    panel = load_panel(write_panel(tmp_path, change=lambda _, files: files["a.csv"].pop(6)))
    assert panel.hours == 40 and panel.venues == ["a", "b", "c"]
    np.testing.assert_allclose(panel.rate_e9[:, 0] / 1e9, [0.03 + 0.001 * (4 if t == 5 else t) for t in range(40)])
    np.testing.assert_allclose(panel.usd_per_gas, [1e-5] * 10 + [2e-5] * 30)


def test_a_changed_file_changes_the_hash_of_a_panel(tmp_path):
    one = load_panel(write_panel(tmp_path, "one"))
    two = load_panel(write_panel(tmp_path, "two", change=lambda head, files: head.update(name="one") or files["c.csv"].pop()))
    assert one.sha256 != two.sha256 and len(one.sha256) == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, files: files["b.csv"].insert(3, "1,0.03,1,1,1"), "b.csv:4: the timestamp 1 does not follow"),
        (lambda _, files: files["b.csv"].__setitem__(2, f"{START + 1},3.5e1,1,1,1"), "b.csv:3: a rate of 35.0 is 1000 % or more"),
        (lambda _, files: files["b.csv"].__setitem__(2, f"{START + 1},-0.1,1,1,1"), "has a value that is negative or no number"),
        (lambda _, files: files["b.csv"].__setitem__(2, f"{START + 1},x,1,1,1"), "b.csv:3: could not convert string to float"),
        (lambda _, files: files["b.csv"].__setitem__(0, "timestamp,apr"), "b.csv: the column supplyApr is missing"),
        (lambda _, files: files["gas.csv"].pop(1), "gas.csv: there is no value at the panel's start"),
        (lambda head, _: head.update(stepSeconds=60), "stepSeconds is 60"),
        (lambda head, _: head["venues"][0].pop("curve"), "venue a of kind kinked needs a curve"),
    ],
)
def test_a_panel_at_fault_is_refused_with_its_place(tmp_path, change, message):
    with pytest.raises(PanelError, match=re.escape(message)):
        load_panel(write_panel(tmp_path, change=change))


def test_a_folder_without_panels_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(PanelError, match="holds no panel. Record some with scripts/record-market.ts"):
        load_panels(tmp_path)


def test_the_recorded_rate_holds_at_nothing_of_ours_and_moves_along_the_curve_from_there(tmp_path):
    market = cut(load_panel(write_panel(tmp_path)), 3, 20, np.arange(3), 1e5)
    rate = market.supply_apr_e9(np.zeros((1, 3)))
    np.testing.assert_allclose(rate[:, 0], [[(0.033 + 0.001 * t + 0.01 * j) * 1e9 for j in range(3)] for t in range(20)], atol=1)
    more = market.supply_apr_e9(np.full((1, 3), 1e5))
    # Utilisation falls from 0.85 to 0.85 / 1.1, below both kinks.
    used = 0.85 / 1.1
    aave = (used * used) / (0.85 * 0.85)
    comet = (0.01 + 0.03 * used / 0.8) / (0.04 + 0.36 * 0.05 / 0.2)
    np.testing.assert_allclose(more[:, 0] / rate[:, 0], np.tile([aave, comet, 1], (20, 1)), rtol=2e-4)


def test_drawn_markets_are_the_same_for_the_same_seed_and_no_larger_than_a_guest(tmp_path):
    write_panel(tmp_path, "one")
    write_panel(tmp_path, "two")
    panels = load_panels(tmp_path)
    one, two = (draw(np.random.default_rng(5), panels, 9, 2, 24) for _ in range(2))
    for name in ("supply", "observed_e9", "gas_usd", "capital"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.supply.shape == (24, 9, 2)
    assert (one.capital >= 5e4).all() and (one.capital <= 0.15 * 2e6).all()
    assert len(np.unique(one.capital)) == 9


def test_a_window_longer_than_its_panel_is_refused(tmp_path):
    panel = load_panel(write_panel(tmp_path))
    with pytest.raises(PanelError, match="Panel one has 40 hours, 41 are asked for"):
        cut(panel, 1, 40, np.arange(3), 1e5)


def test_a_keeper_that_has_just_started_decides_from_its_first_rate_on_and_keeps_to_the_cap(tmp_path):
    panel = load_panel(write_panel(tmp_path))
    market = join([cut(panel, first, 30, np.arange(3), 1e5) for first in (0, 5)])
    market.warm_up = 1
    start = np.broadcast_to(closed_loop.equal_steps(3, 10), (2, 3))
    seen = closed_loop.run(market, 10, start, closed_loop.zero_scores, cap=4, record=True)
    assert len(seen.held) == 29
    assert (np.stack(seen.held) <= 4).all()
    # The averages of a young memory are means.
    for half_life in range(5):
        mean = np.mean([seen.averages_e9[0][half_life], seen.values[0][..., 0] * 0 + market.supply_apr_e9(0)[1]], 0)
        assert seen.averages_e9[1][half_life, 0, 2] == pytest.approx(mean[0, 2], abs=2)


def test_training_on_panels_is_repeatable(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "WARM_UP", 20)
    for key, value in {"windowHours": 24, "recordedShare": 1.0, "coldShare": 0.5, "batches": [(3, 4, 10, 4), (2, 4, 20, 20)]}.items():
        monkeypatch.setitem(train.CONFIG, key, value)
    write_panel(tmp_path, hours=60)
    panels = load_panels(tmp_path)
    start = np.array([32, 0, 0, 0, 0, -512, 1024])
    one, two = (train.train(3, 0, 1, panels, start, log=lambda _: None) for _ in range(2))
    for name, values in one[0].items():
        np.testing.assert_array_equal(values, two[0][name])
    assert one[1]["start"] == [32, 0, 0, 0, 0, -512, 1024]
    other, _ = train.train(3, 0, 2, panels, start, log=lambda _: None)
    assert any((other[name] != values).any() for name, values in one[0].items())


def test_the_search_for_constants_is_repeatable_and_never_worse_than_the_rule_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(tune, "WINDOW", 24)
    monkeypatch.setattr(tune, "ROUNDS", 2)
    write_panel(tmp_path, hours=60)
    panels = load_panels(tmp_path)
    one, two = (tune.tune(np.random.default_rng(3), panels, log=lambda _: None) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (one % tune.UNIT == 0).all()
    windows = tune.tuning_markets(np.random.default_rng(3), panels)
    market = join(windows)
    market.warm_up = 1
    start = np.broadcast_to(closed_loop.equal_steps(3, 10), (2, 3))
    earned = [
        closed_loop.run(market, 10, start, tune.constant_scores(scores), cap=tune.CAP).net_return.mean()
        for scores in (one, np.zeros(7, np.int64))
    ]
    assert earned[0] >= earned[1]
