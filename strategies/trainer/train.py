"""Fits the network on generated markets: a few minutes on one core.

    python strategies/trainer/train.py --minutes 4 --seed 1 --out strategies/seed-lending

Every iteration draws fresh markets, runs the hard policy from every grid state and follows the exact all-action gradient
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
from gradient import HOURS, Window, policy_gradient_loss
from market import Markets, generate
from network import Network

CONFIG = {
    "learningRate": 6e-3,
    "learningRateEnd": 6e-4,
    "temperature": 1.0,
    "temperatureEnd": 0.3,
    "weightDecay": 1e-4,
    "clipNorm": 2.0,
    "average": 0.95,
    "windowHours": 720,
    "extraStates": 2,
    # venues: (markets a batch, steps of the training grid). Five venues train on a coarser grid than they run on.
    "batches": {2: (64, 20), 3: (32, 10), 5: (16, 5)},
    "epochs": 2,
}


def observe_on_policy(
    markets: Markets, steps: int, parameters: dict[str, np.ndarray], rng: np.random.Generator, compare: bool
) -> tuple[Window, float | None]:
    """Runs the policy as it is now and returns what it saw as a training window. With `compare` also what it earned more than
    the rule, in percentage points a year."""
    count, venues = markets.mode.shape
    split = rng.dirichlet(np.ones(venues) * 0.7, count)
    even = rng.random((count, 1)) < 0.5
    start = np.where(even, equal_steps(venues, steps), np.stack([rng.multinomial(steps, p) for p in split]))
    seen = run(markets, steps, start, evaluate.of_network(parameters), all_placed=True, record=True)
    float32 = lambda x: torch.from_numpy(np.ascontiguousarray(x, np.float32))
    window = Window(
        values=float32(np.stack(seen.values)),
        averages=float32(np.moveaxis(np.stack(seen.averages_e9, 1), 0, -1) / 1e9),
        impact=float32(np.stack(seen.impact_q16) / 65536),
        income=float32(income_table(markets, steps)),
        gas=float32(markets.gas_usd[WARM_UP:] / markets.capital),
        held=torch.from_numpy(np.stack(seen.held)),
    )
    if not compare:
        return window, None
    rule = run(markets, steps, start, zero_scores, all_placed=True)
    return window, float((seen.net_return - rule.net_return).mean()) / CONFIG["windowHours"] * HOURS * 100


def train(iterations: int, minutes: float, seed: int, log=print) -> tuple[dict[str, np.ndarray], dict]:
    """Trains for `iterations` (or, where 0, until `minutes` have passed) and returns int8 parameters and a record."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    net, average = Network(generator), Network(generator)
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

        venues = list(CONFIG["batches"])[iteration % len(CONFIG["batches"])]
        count, steps = CONFIG["batches"][venues]
        markets = generate(rng, count, venues, WARM_UP + CONFIG["windowHours"])
        window, over = observe_on_policy(markets, steps, net.integers(), rng, compare=iteration % 10 < 3)
        for _ in range(CONFIG["epochs"]):
            loss = policy_gradient_loss(net(window.values), window, temperature, generator, CONFIG["extraStates"])
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
            recent = ", ".join(f"{v}: {np.mean(e[-3:]):+.3f}" for v, e in over_rule.items())
            log(f"iteration {iteration}, {time.time() - began:.0f} s, {decisions / 1e6:.1f} M decisions, points over the rule {recent}")
    record = {"iterations": iteration, "decisions": decisions, "seconds": round(time.time() - began)}
    return average.integers(), record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=4, help="how long to train where --iterations is not given")
    parser.add_argument("--iterations", type=int, default=0, help="exact length: the same seed gives the same parameters")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--held-out-seeds", type=int, nargs="+", default=[90001, 90002], help="seeds of the markets that are scored"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the policy package")
    options = parser.parse_args()

    parameters, record = train(options.iterations, options.minutes, options.seed)
    print(f"trained: {record}")
    policies = {"hold": None, "rule": zero_scores, "network": evaluate.of_network(parameters)}
    reports = [evaluate.evaluate(policies, seed) for seed in options.held_out_seeds]
    print(json.dumps(reports, indent=2))
    export.write_package(options.out, parameters, {**CONFIG, **record}, options.seed, reports)


if __name__ == "__main__":
    main()
