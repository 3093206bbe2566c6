"""Recorded markets: reads panels and cuts training markets out of them.

A panel is a folder: `panel.json` names venues, curves and files; a venue's CSV has `timestamp,supplyApr,totalSupply,totalBorrow,
available`, `gas.csv` has `timestamp,usdPerGas`. Rows are events: a value stands until the next row. The rate is observed with
nothing of ours deposited and moves along the venue's curve from there.
"""

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market import BORROW, NONE, SUPPLY, Markets

OBSERVED_GAS = 200_000  # gas of one touched venue as it is observed: strategies/spec/lending-v1.json
STEP = 3600


class PanelError(ValueError):
    """A panel that can't be used; the message names file, line and remedy."""


@dataclass
class Panel:
    name: str
    venues: list[str]
    mode: np.ndarray  # [N]
    kink: np.ndarray  # [N]
    curve_e9: np.ndarray  # [3, N] the curve at utilisation 0, at the kink, at 1
    rate_e9: np.ndarray  # [T, N]
    supply: np.ndarray  # [T, N] whole asset units
    borrow: np.ndarray  # [T, N]
    usd_per_gas: np.ndarray  # [T]
    sha256: str

    @property
    def hours(self) -> int:
        return len(self.usd_per_gas)


def load_panel(folder: Path) -> Panel:
    """Reads one panel onto its hourly grid. Raises PanelError."""
    file = folder / "panel.json"
    digest = hashlib.sha256()
    try:
        text = file.read_bytes()
        head = json.loads(text)
    except (OSError, ValueError) as error:
        raise PanelError(f"{file} can't be read: {error}. Record it again with scripts/record-market.ts.") from error
    digest.update(text)
    if head.get("stepSeconds") != STEP:
        raise PanelError(f"{file}: stepSeconds is {head.get('stepSeconds')}, the trainer's hours need {STEP}.")
    times = np.arange(head["start"], head["end"] + 1, STEP)
    gas = _column_values(folder / head["gas"], ["usdPerGas"], times, digest)[0]
    rows, modes, kinks, curves = [], [], [], []
    for venue in head["venues"]:
        rows.append(_column_values(folder / venue["file"], ["supplyApr", "totalSupply", "totalBorrow"], times, digest))
        curve = venue.get("curve")
        if (curve is None) != (venue["kind"] == "exogenous"):
            raise PanelError(f"{file}: venue {venue['id']} of kind {venue['kind']} needs a curve, and only an exogenous one has none.")
        modes.append(NONE if curve is None else {"borrow": BORROW, "supply": SUPPLY}[curve["mode"]])
        kinks.append(1.0 if curve is None else venue["kink"])
        curves.append([0, 0, 0] if curve is None else [curve["rate0"], curve["rateKink"], curve["rateMax"]])
    rate, supply, borrow = np.moveaxis(np.stack(rows), 0, 2)
    return Panel(
        name=head["name"],
        venues=[venue["id"] for venue in head["venues"]],
        mode=np.array(modes),
        kink=np.array(kinks),
        curve_e9=np.array(curves).T * 1e9,
        rate_e9=rate * 1e9,
        supply=supply,
        borrow=borrow,
        usd_per_gas=gas,
        sha256=digest.hexdigest(),
    )


def load_panels(folder: Path) -> list[Panel]:
    """All panels below a folder, by name. Raises PanelError, also where there is none."""
    found = [load_panel(file.parent) for file in sorted(Path(folder).glob("*/panel.json"))]
    if not found:
        raise PanelError(f"{folder} holds no panel. Record some with scripts/record-market.ts --out {folder}.")
    return found


def _column_values(file: Path, columns: list[str], times: np.ndarray, digest) -> np.ndarray:
    """[columns, T]: the last row at or before each time."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PanelError(f"{file} can't be read: {error.strerror}.") from error
    digest.update(data)
    reader = csv.DictReader(data.decode().splitlines())
    for name in ("timestamp", *columns):
        if name not in (reader.fieldnames or []):
            raise PanelError(f"{file}: the column {name} is missing.")
    stamps, rows = [], []
    for line, row in enumerate(reader, 2):
        try:
            stamp, values = int(row["timestamp"]), [float(row[name]) for name in columns]
        except (TypeError, ValueError) as error:
            raise PanelError(f"{file}:{line}: {error}.") from error
        if stamps and stamp <= stamps[-1]:
            raise PanelError(f"{file}:{line}: the timestamp {stamp} does not follow {stamps[-1]}.")
        if not all(np.isfinite(value) and value >= 0 for value in values):
            raise PanelError(f"{file}:{line}: {row} has a value that is negative or no number.")
        if "supplyApr" in columns and values[0] > 10:
            raise PanelError(f"{file}:{line}: a rate of {values[0]} is 1000 % or more; rates are fractions, 0.04 is 4 %.")
        stamps.append(stamp)
        rows.append(values)
    if not stamps or stamps[0] > times[0]:
        raise PanelError(f"{file}: there is no value at the panel's start, {times[0]}.")
    return np.array(rows)[np.searchsorted(stamps, times, side="right") - 1].T


def cut(panel: Panel, first: int, hours: int, venues: np.ndarray, capital: float) -> Markets:
    """One market: `hours` of a panel from `first` on, some of its venues, with a capital."""
    span = slice(first, first + hours)
    if first + hours > panel.hours:
        raise PanelError(f"Panel {panel.name} has {panel.hours} hours, {first + hours} are asked for. Record longer ones.")
    rate = np.floor(panel.rate_e9[span, None][..., venues])
    still = lambda row: np.broadcast_to(np.floor(row[venues]).astype(np.int64), rate.shape)
    return Markets(
        mode=panel.mode[venues][None],
        kink_q16=np.floor(panel.kink[venues] * 65536).astype(np.int64)[None],
        rate0_e9=still(panel.curve_e9[0]),
        rate_kink_e9=still(panel.curve_e9[1]),
        rate_max_e9=still(panel.curve_e9[2]),
        kept=np.ones((1, len(venues))),
        exogenous_e9=rate,
        supply=panel.supply[span, None][..., venues],
        borrow=panel.borrow[span, None][..., venues],
        gas_usd=panel.usd_per_gas[span, None] * OBSERVED_GAS,
        capital=np.array([capital]),
        observed_e9=rate,
    )


def join(markets: list[Markets]) -> Markets:
    """Puts markets of as many venues and hours side by side."""
    market_axis = {"mode": 0, "kink_q16": 0, "kept": 0, "capital": 0}
    names = [name for name in Markets.__dataclass_fields__ if name != "warm_up"]
    return Markets(**{name: np.concatenate([getattr(m, name) for m in markets], market_axis.get(name, 1)) for name in names})


CAPITAL_MIN, CAPITAL_MAX = 5e4, 8e7
POOL_SHARE = 0.15  # of the deposits of the chosen venues: the vault is a guest there


def draw(rng: np.random.Generator, panels: list[Panel], markets: int, venues: int, hours: int) -> Markets:
    """Draws markets out of recorded panels: venues, window, capital, the level of rates and that of gas are random."""
    drawn = []
    for _ in range(markets):
        panel = panels[rng.integers(len(panels))]
        chosen = rng.permutation(len(panel.venues))[:venues]
        top = min(CAPITAL_MAX, POOL_SHARE * panel.supply[0, chosen].sum())
        capital = float(np.exp(rng.uniform(np.log(CAPITAL_MIN), np.log(top))))
        one = cut(panel, int(rng.integers(panel.hours - hours + 1)), hours, chosen, capital)
        scale = np.exp(rng.uniform(-0.4, 0.4))
        one.exogenous_e9 = one.observed_e9 = np.floor(one.observed_e9 * scale)
        one.gas_usd = one.gas_usd * np.exp(0.9 * rng.normal())
        drawn.append(one)
    return join(drawn)
