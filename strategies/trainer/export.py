"""Writes a policy package: policy.onnx, parameters.bin, golden-vectors.json, MODEL_CARD.md and manifest.json.

docs/policy-package.md explains the files. The model carries integers in float32: MatMul, Add, Mul, Floor, Clip and
ReduceSum, every partial sum below 2^24, so that any provider with real float32 gives the same integers.
"""

import hashlib
import json
import platform
import subprocess
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import closed_loop
import market
import specification as spec
from closed_loop import WARM_UP
from keccak import keccak256
from network import forward_integers, row_sums
from panels import Panel

FOLDER = Path(__file__).resolve().parent
LICENCE = "GPL-3.0-or-later"


def canonical_bytes(parameters: dict[str, np.ndarray]) -> bytes:
    """int8, row-major, in the order of the specification; parametersHash is their keccak256."""
    for name, shape in spec.LAYERS.items():
        assert parameters[name].shape == shape and parameters[name].dtype == np.int8, name
    return b"".join(np.ascontiguousarray(parameters[name]).tobytes() for name in spec.LAYERS)


def read_parameters(folder: Path) -> dict[str, np.ndarray]:
    """The int8 parameters of a package."""
    data, parameters = np.frombuffer((folder / "parameters.bin").read_bytes(), np.int8), {}
    for name, shape in spec.LAYERS.items():
        parameters[name], data = data[: np.prod(shape)].reshape(shape), data[np.prod(shape) :]
    return parameters


def build_model(parameters: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The integer forward pass as a float32 graph, opset 17. Batch and number of venues are free."""
    for layer, sums in row_sums(parameters).items():
        if sums.max() >= spec.ROW_BOUND:
            raise ValueError(f"A row of {layer} sums to {sums.max()}, the limit is {spec.ROW_BOUND}.")
    constants = {}

    def constant(name: str, value) -> str:
        constants[name] = numpy_helper.from_array(np.asarray(value, np.float32), name)
        return name

    nodes = []

    def node(kind: str, *inputs: str, **attributes) -> str:
        output = f"{kind.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    p = {name: value.astype(np.float32) for name, value in parameters.items()}
    hidden = spec.HIDDEN
    constant("shift", 2.0**-spec.SHIFT)
    constant("pool_shift", 2.0**-spec.POOL_SHIFT)
    for name, value in {
        "zero": 0,
        "activation_max": spec.ACTIVATION_MAX,
        "score_min": spec.SCORE_MIN,
        "score_max": spec.SCORE_MAX,
        "w1": p["w1"].T,
        "b1": p["b1"] * spec.BIAS_SCALE,
        "w2_own": p["w2"][:, :hidden].T,
        "w2_pool": p["w2"][:, hidden:].T,
        "b2": p["b2"] * spec.BIAS_SCALE,
        "w3": p["w3"].T,
        "ws": p["ws"].T,
        "b3": p["b3"] * spec.BIAS_SCALE,
    }.items():
        constant(name, value)
    constants["venue_axis"] = numpy_helper.from_array(np.array([1], np.int64), "venue_axis")

    def rescale(x: str, low: str, high: str) -> str:
        return node("Clip", node("Floor", node("Mul", x, "shift")), low, high)

    x = "observation"
    h1 = node("Mul", rescale(node("Add", node("MatMul", x, "w1"), "b1"), "zero", "activation_max"), "mask")
    total = node("ReduceSum", h1, "venue_axis", keepdims=1)
    pool = node("Floor", node("Mul", node("Mul", total, "recip"), "pool_shift"))
    sums = node("Add", node("MatMul", h1, "w2_own"), node("MatMul", pool, "w2_pool"))
    h2 = rescale(node("Add", sums, "b2"), "zero", "activation_max")
    sums = node("Add", node("MatMul", h2, "w3"), node("MatMul", x, "ws"))
    rescale(node("Add", sums, "b3"), "score_min", "score_max")
    nodes[-1].output[0] = "scores"

    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes,
        spec.ARCHITECTURE,
        [
            tensor("observation", ["batch", "venues", spec.VALUES]),
            tensor("mask", ["batch", "venues", 1]),
            tensor("recip", ["batch", 1, 1]),
        ],
        [tensor("scores", ["batch", "venues", spec.SCORES])],
        list(constants.values()),
    )
    model = helper.make_model(
        graph, producer_name="tiller", opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    helper.set_model_props(model, {"architecture": spec.ARCHITECTURE, "schemaHash": spec.SCHEMA_HASH})
    onnx.checker.check_model(model, full_check=True)
    return model


def golden_inputs(seed: int = 0) -> list[np.ndarray]:
    """Network inputs for 2 to 16 venues: of generated markets, random over the whole range, at its ends, near zero."""
    rng = np.random.default_rng(seed)
    inputs = []
    for venues in range(2, 17):
        shape, top = (venues, spec.VALUES), spec.FEATURE_MAX
        markets = market.generate(rng, 2, venues, WARM_UP + 48)
        steps = spec.grid_steps(venues)
        start = np.stack([rng.multinomial(steps, np.ones(venues) / venues) for _ in range(2)])
        seen = closed_loop.run(markets, steps, start, closed_loop.zero_scores, record=True)
        inputs += [seen.values[0][0], seen.values[-1][1]]
        inputs += [rng.integers(-top, top + 1, shape), rng.choice([-top, top], shape), rng.integers(-40, 41, shape)]
    return inputs


def write_package(
    folder: Path, parameters: dict[str, np.ndarray], config: dict, seed: int, reports: list[dict], panels: list[Panel] = ()
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    canonical = canonical_bytes(parameters)
    vectors = [
        {"observation": x.tolist(), "scores": forward_integers(parameters, x).tolist()} for x in golden_inputs()
    ]
    golden = {"format": "tiller-golden-vectors-1", "architecture": spec.ARCHITECTURE, "vectors": vectors}
    card = model_card(folder.name, config, seed, reports, panels)
    contents = {
        "model": ("policy.onnx", build_model(parameters).SerializeToString(deterministic=True)),
        "parameters": ("parameters.bin", canonical),
        "goldenVectors": ("golden-vectors.json", (json.dumps(golden, separators=(",", ":")) + "\n").encode()),
        "modelCard": ("MODEL_CARD.md", card.encode()),
    }
    files = {}
    for role, (name, data) in contents.items():
        (folder / name).write_bytes(data)
        files[role] = {"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    flat = {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in config.items()}
    recorded = [{"name": f"panel {panel.name}, {panel.hours} hours, recorded", "hash": f"sha256:{panel.sha256}"} for panel in panels]
    manifest = {
        "format": "tiller-policy-1",
        "name": folder.name,
        "version": "0.2.0",
        "description": f"Residual network over the allocation rule for lending venues, fitted on {fitted_on(panels)} only.",
        "licence": LICENCE,
        "specification": {"id": spec.SPEC["id"], "schemaHash": spec.SCHEMA_HASH},
        "featureGroups": [
            {"name": spec.SPEC["observation"]["group"], "version": spec.SPEC["observation"]["groupVersion"]}
        ],
        "architecture": spec.ARCHITECTURE,
        "integerScales": {
            "inputMax": spec.SPEC["architecture"]["inputMax"],
            "activationMax": spec.ACTIVATION_MAX,
            "parameterMax": spec.PARAMETER_MAX,
            "biasScale": spec.BIAS_SCALE,
            "shift": spec.SHIFT,
            "rowBound": spec.ROW_BOUND,
        },
        "action": {"decoding": spec.SPEC["allocation"]["id"], "scores": spec.SCORE_NAMES},
        "parametersHash": keccak256(canonical),
        "files": files,
        "training": {
            "method": "all-action policy gradient with exact values along closed-loop paths, quantisation-aware",
            "data": [
                {"name": "generated markets (strategies/trainer/market.py)", "hash": f"sha256:{_sha256('market.py')}"},
                *recorded,
            ],
            "seeds": [seed],
            "codeRevision": _revision(),
            "codeHash": f"sha256:{_code_hash()}",
            "device": f"cpu, 1 thread, {platform.machine()}",
            "config": flat,
            "versions": {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "numpy": np.__version__,
                "onnx": onnx.__version__,
            },
        },
        "metrics": [row for report in reports for row in metrics(report)],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def metrics(report: dict) -> list[dict]:
    note = f"{described(report)}, never trained on"
    rows = [{"name": "headroom", "unit": "percentage points a year", "value": report["headroomPp"], "note": note}]
    for name, policy in report["policies"].items():
        rows.append(
            {
                "name": f"share of headroom: {name}",
                "unit": "1",
                "value": policy["share"],
                "interval95": policy["share95"],
                "note": note,
            }
        )
        rows.append({"name": f"net APR: {name}", "unit": "percent a year", "value": policy["aprPct"], "note": note})
    for key, gain in overs(report):
        rows.append(
            {
                "name": f"network less {key}, paired",
                "unit": "percentage points a year",
                "value": gain["meanPp"],
                "interval95": gain["interval95Pp"],
                "note": note,
            }
        )
    return rows


def fitted_on(panels: list[Panel]) -> str:
    return "generated markets and markets recorded from the devnet's agents" if panels else "generated markets"


def described(report: dict) -> str:
    if report["kind"] == "generated":
        return f"{report['markets']} generated markets of {report['hours']} hours, seed {report['seed']}"
    return f"{report['markets']} windows of {report['hours']} hours of recorded markets ({', '.join(report['panels'])})"


def overs(report: dict) -> list[tuple[str, dict]]:
    """What the network is compared with, and the paired differences."""
    named = [(key.removeprefix("networkOver").lower(), gain) for key, gain in report.items() if key.startswith("networkOver")]
    return named


def section(report: dict, name: str) -> str:
    """One scored set of markets, as a part of the model card."""
    percent = lambda x: f"{100 * x:.1f} %"
    rows = [f"| best static mix, in hindsight | {report['bestStaticAprPct']:.3f} | – |"]
    labels = {
        "hold": "hold (even split)",
        "rule": "rule (smoothed water-filling)",
        "before": "the network before this one",
        "network": f"**{name}**",
    }
    for key, policy in report["policies"].items():
        rows.append(f"| {labels.get(key, key)} | {policy['aprPct']:.3f} | {policy['touchedVenuesPerMonth']:.0f} |")
    rows.append(f"| clairvoyant bound | {report['clairvoyantAprPct']:.3f} | – |")
    lines = []
    for key, gain in overs(report):
        low, high = gain["interval95Pp"]
        verdict = "better" if low > 0 else "worse" if high < 0 else "not told apart"
        lines.append(
            f"- less {labels.get(key, key)}: {gain['meanPp']:+.3f} points [{low:+.3f}, {high:+.3f}], ahead in "
            f"{percent(gain['marketsBetter'])} of the markets: {verdict}"
        )
    return f"""## Held out: {described(report)}
| policy | net APR % | touched venues a month |
|---|---|---|
{chr(10).join(rows)}

The network, paired, percentage points a year, 95 % interval over whole markets:
{chr(10).join(lines)}

Headroom (clairvoyant less best static) {report['headroomPp']:.3f} points. In the same state its decision differs from the rule's in
{percent(report['policies']['network']['decisionsUnlikeTheRule'])} of the hours.
"""


def started(config: dict) -> str:
    """Where training began, as a sentence of the model card."""
    return f"It began at constant scores found by search on the panels (`tune.py`): {config['start']}.\n" if config.get("start") else ""


def model_card(name: str, config: dict, seed: int, reports: list[dict], panels: list[Panel]) -> str:
    sections = chr(10).join(section(report, name) for report in reports)
    return f"""# {name}

A network of {sum(int(np.prod(s)) for s in spec.LAYERS.values())} int8 parameters (`{spec.ARCHITECTURE}`) that corrects the allocation rule of docs/policy-spec.md
for lending venues. Zero output is the rule. Licence: {LICENCE}.

**It was fitted on {fitted_on(panels)}, and on nothing else.** No market of a real chain was seen, in
training or below, so the figures say that training works and how large the effect is in these worlds. They do not say what
the policy earns on a real chain. Use it on the devnet and in dry runs.

Everything below runs in closed loop: our own position stands in the observed rates and sizes, every decision goes through the
exact integer rule, every hour pays its rate and each plan its gas (240 thousand, and 130 thousand a touched venue). Recorded
windows: every venue, five million, at most two fifths in one, a keeper that has just started. Generated ones: 2, 3 and 5
venues, 50 thousand to 80 million, averages settled. Seasons on the devnet's contracts, with planning and the Guard between
decision and market, stand in docs/results/{name}.md.

{sections}
## How it was made
All-action policy gradient with exact values along the observed path (`strategies/trainer/gradient.py`), int8 parameters and floor
shifts in the forward pass from the first iteration, seed {seed}, {config['iterations']} iterations, {config['decisions'] / 1e6:.1f} million decisions,
{config['seconds']} s on one shared core; the last exponential average of the parameters, no checkpoint picked.
{f"{config['recordedShare']:.0%} of the batches were cut from {len(panels)} panels ({', '.join(panel.name for panel in panels)}): venues, window, capital, level" if panels else "No panel was used; venues"}
of rates and of gas drawn at random. {started(config)}{config['coldShare']:.0%} of the windows begin with a keeper that has just started.

## Known limits
- The others do not react to our flows, and venues never fail or freeze for good. The generator's parameters are fitted by hand to
  summary statistics of recorded markets, the agents' as docs/market-agents.md says.
- Planning and the Guard are not in the loop: no day's turnover, no partial step, no refused withdrawal.
- Every policy is run in closed loop, in training too, but the gradient takes what was observed as given: it does not credit a
  move for how it changes later observations.
- Where no cap keeps the number of states small, five venues were trained on a coarser grid (5 steps) than they run on (10).
  More than five venues were not trained.
- One training seed is shipped; docs/results/{name}.md tells what was tried.
"""


def _sha256(*names: str) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((FOLDER / name).read_bytes())
    return digest.hexdigest()


def _code_hash() -> str:
    return _sha256(*sorted(path.name for path in FOLDER.glob("*.py")), "../spec/lending-v1.json")


def _revision() -> str:
    git = lambda *words: subprocess.run(["git", *words], cwd=FOLDER, capture_output=True, text=True).stdout.strip()
    changed = "+changes" if git("status", "--porcelain", "--", ".") else ""
    return (git("rev-parse", "HEAD") or "unknown") + changed
