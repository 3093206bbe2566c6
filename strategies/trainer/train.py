"""Fits the network on generated markets, and on recorded ones where there are some: a few minutes on one core.

    python strategies/trainer/train.py --minutes 4 --seed 1 --out strategies/my-policy
    python strategies/trainer/train.py --panels generated/panels --held-out-panels generated/held-out --minutes 10 …

Every iteration draws fresh markets, runs the policy in them in closed loop and follows the exact all-action gradient
(gradient.py) through the quantised forward pass (network.py). The exported parameters are the last exponential average:
no checkpoint is picked, so nothing is fitted to the held-out markets that are scored afterwards.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

import evaluate
import export
import specification as spec
from closed_loop import WARM_UP, equal_steps, income_table, run, zero_scores
from gradient import HOURS, Window, objective, policy_gradient_loss, roll_back
from market import Markets, generate
from network import Network
from panels import Panel, PanelError, draw, load_panels
from tune import FREE, tune

CONFIG = {
    "learningRate": 2e-3,
    "learningRateEnd": 2e-4,
    # In gas of a touched venue. With hundreds of states a softmax that is wide beside their differences is made sharper by longer
    # horizons alone, and the hard policy then moves too much.
    "temperature": 0.25,
    "temperatureEnd": 0.08,
    "weightDecay": 1e-4,
    "clipNorm": 2.0,
    "average": 0.95,
    "windowHours": 720,
    "extraStates": 1,
    # In turn: (venues, markets a batch, steps of the grid, most steps in a venue). Five venues run on the grid that they
    # will run on where a cap of two fifths keeps the number of states small, and on a coarser one without a cap.
    "batches": [(5, 8, 10, 4), (3, 32, 10, 10), (5, 8, 10, 4), (2, 32, 20, 20), (5, 8, 10, 4), (4, 16, 10, 4), (5, 16, 5, 5)],
    "epochs": 2,
    # Share of recorded markets where there are panels, and of windows that begin with a keeper that has just started.
    "recordedShare": 0.7,
    "coldShare": 0.5,
}


def draw_markets(rng: np.random.Generator, panels: list[Panel], count: int, venues: int) -> Markets:
    """A batch of fresh markets, generated or cut from panels."""
    recorded = bool(panels) and rng.random() < CONFIG["recordedShare"]
    cold = rng.random() < CONFIG["coldShare"]
    warm_up = 1 if cold else int(np.exp(rng.uniform(np.log(12), np.log(WARM_UP))))
    hours = warm_up + CONFIG["windowHours"]
    if recorded:
        markets = draw(rng, panels, count, min(venues, len(panels[0].venues)), hours)
    else:
        markets = generate(rng, count, venues, hours)
    markets.warm_up = warm_up
    return markets


def random_split(rng: np.random.Generator, venues: int, steps: int, cap: int) -> np.ndarray:
    """Steps per venue, uneven, at most `cap` in one."""
    chance = rng.dirichlet(np.ones(venues) * 0.7)
    held = np.zeros(venues, np.int64)
    for _ in range(steps):
        free = (chance + 1e-9) * (held < cap)
        held[rng.choice(venues, p=free / free.sum())] += 1
    return held


def observe_on_policy(
    markets: Markets, steps: int, cap: int, parameters: dict[str, np.ndarray], rng: np.random.Generator, compare: bool
) -> tuple[Window, float | None]:
    """Runs the policy as it is now and returns what it saw as a training window. With `compare` also what it earned more than
    the rule, in percentage points a year."""
    count, venues = markets.mode.shape
    even = rng.random((count, 1)) < 0.5
    start = np.where(even, equal_steps(venues, steps), np.stack([random_split(rng, venues, steps, cap) for _ in range(count)]))
    how = {"cap": cap, "all_placed": True}
    seen = run(markets, steps, start, evaluate.of_network(parameters), record=True, **how)
    float32 = lambda x: torch.from_numpy(np.ascontiguousarray(x, np.float32))
    window = Window(
        values=float32(np.stack(seen.values)),
        averages=float32(np.moveaxis(np.stack(seen.averages_e9, 1), 0, -1) / 1e9),
        impact=float32(np.stack(seen.impact_q16) / 65536),
        income=float32(income_table(markets, steps)),
        gas=float32(markets.gas_usd[markets.warm_up :] / markets.capital),
        held=torch.from_numpy(np.stack(seen.held)),
        cap=cap,
    )
    if not compare:
        return window, None
    rule = run(markets, steps, start, zero_scores, **how)
    return window, float((seen.net_return - rule.net_return).mean()) / CONFIG["windowHours"] * HOURS * 100


def train(
    iterations: int, minutes: float, seed: int, panels: list[Panel], start: np.ndarray | None = None, log=print
) -> tuple[dict[str, np.ndarray], dict]:
    """Starts from constant scores (`start`, else those that `tune` finds on the panels, else the rule), trains for `iterations`
    (or, where 0, until `minutes` have passed) and returns int8 parameters and a record."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    net, average = Network(generator), Network(generator)
    if start is None and panels:
        start = tune(rng, panels, log)
    if start is not None:
        with torch.no_grad():
            net.b3[: len(start)] = torch.from_numpy(start / spec.BIAS_SCALE).float()
    average.load_state_dict(net.state_dict())
    optimiser = torch.optim.Adam(net.parameters(), CONFIG["learningRate"], betas=(0.9, 0.99))
    began, iteration, decisions, over_rule = time.time(), 0, 0, {}
    while True:
        spent = iteration / iterations if iterations else (time.time() - began) / (60 * minutes)
        if spent >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = CONFIG["learningRate"] + (CONFIG["learningRateEnd"] - CONFIG["learningRate"]) * spent
        temperature = CONFIG["temperature"] + (CONFIG["temperatureEnd"] - CONFIG["temperature"]) * spent

        venues, count, steps, cap = CONFIG["batches"][iteration % len(CONFIG["batches"])]
        markets = draw_markets(rng, panels, count, venues)
        window, over = observe_on_policy(markets, steps, cap, net.integers(), rng, compare=iteration % 4 == 0)
        with torch.no_grad():
            later = roll_back(*objective(net(window.values), window), window)
        for _ in range(CONFIG["epochs"]):
            loss = policy_gradient_loss(net(window.values), window, temperature, generator, CONFIG["extraStates"], later)
            loss = loss + CONFIG["weightDecay"] * sum((p**2).sum() for p in net.parameters())
            if not torch.isfinite(loss):
                raise FloatingPointError(f"The loss is {loss.item()} at iteration {iteration}.")
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), CONFIG["clipNorm"])
            optimiser.step()
            net.keep_rows_in_bound()

        with torch.no_grad():
            keep = min(CONFIG["average"], iteration / (iteration + 1))
            for slow, fast in zip(average.parameters(), net.parameters()):
                slow.mul_(keep).add_(fast, alpha=1 - keep)
        iteration += 1
        decisions += count * CONFIG["windowHours"]
        if over is not None:
            over_rule.setdefault(venues, []).append(over)
        if iteration % 30 == 0:
            recent = ", ".join(f"{v}: {np.mean(e[-8:]):+.3f}" for v, e in sorted(over_rule.items()))
            log(f"iteration {iteration}, {time.time() - began:.0f} s, {decisions / 1e6:.1f} M decisions, points over the rule {recent}")
    record = {"start": [] if start is None else start.tolist(), "iterations": iteration, "decisions": decisions, "seconds": round(time.time() - began)}
    return average.integers(), record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=4, help="how long to train where --iterations is not given")
    parser.add_argument("--iterations", type=int, default=0, help="exact length: the same seed gives the same parameters")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--held-out-seeds", type=int, nargs="+", default=[90001, 90002], help="seeds of the markets that are scored"
    )
    parser.add_argument("--panels", type=Path, help="folder of recorded panels to train on, see scripts/record-market.ts")
    parser.add_argument("--held-out-panels", type=Path, help="folder of recorded panels that are only scored")
    parser.add_argument("--start", type=int, nargs=FREE, help="constant scores to start from, instead of a search on the panels")
    parser.add_argument("--compare", type=Path, help="folder of another policy package that is scored along")
    parser.add_argument("--out", type=Path, required=True, help="folder of the policy package")
    options = parser.parse_args()

    panels = load_panels(options.panels) if options.panels else []
    held_out = load_panels(options.held_out_panels) if options.held_out_panels else []
    shared = {panel.sha256 for panel in panels} & {panel.sha256 for panel in held_out}
    if shared:
        raise PanelError(f"{len(shared)} panels are both trained on and held out. Record others for --held-out-panels.")
    parameters, record = train(
        options.iterations, options.minutes, options.seed, panels, options.start and np.array(options.start)
    )
    print(f"trained: {record}")
    policies = {"hold": None, "rule": zero_scores}
    if options.compare:
        policies["before"] = evaluate.of_network(export.read_parameters(options.compare))
    policies["network"] = evaluate.of_network(parameters)
    reports = [evaluate.evaluate(policies, seed) for seed in options.held_out_seeds]
    if held_out:
        reports.insert(0, evaluate.evaluate_panels(policies, held_out))
    print(json.dumps(reports, indent=2))
    export.write_package(options.out, parameters, {**CONFIG, **record}, options.seed, reports, panels)


if __name__ == "__main__":
    main()
