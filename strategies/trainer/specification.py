"""Constants of strategies/spec/lending-v1.json, under the names that the trainer uses."""

import json
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "spec" / "lending-v1.json"
SPEC = json.loads(FILE.read_text())

_observation, _network, _rule = SPEC["observation"], SPEC["architecture"], SPEC["allocation"]

SCHEMA_HASH = SPEC["schemaHash"]
RATE_MAX = _observation["rate"]["aprMaxE9"]
RATE_FLOOR = _observation["rate"]["logFloorE9"]
LEVEL_FLOOR = _observation["rate"]["levelFloorE9"]
ALPHA_Q20 = _observation["averages"]["alphaQ20"]
VOLATILITY_ALPHA_Q20 = _observation["volatility"]["alphaQ20"]
SPIKE_MAX = _observation["spike"]["max"]
SIZE_MAX = _observation["sizes"]["max"]
SIZE_FAST_ALPHA_Q20 = _observation["sizes"]["fastAlphaQ20"]
SIZE_SLOW_ALPHA_Q20 = _observation["sizes"]["slowAlphaQ20"]
CURVE_RATE_MAX = _observation["curve"]["rateMaxE9"]
FACTOR_MAX_Q16 = _observation["curve"]["factorMaxQ16"]
GAS_MAX_E12 = _observation["gas"]["maxE12"]
FEATURE_MAX = _observation["features"]["clamp"]
VENUE_FEATURES = [feature["name"] for feature in _observation["features"]["venue"]]
GLOBAL_FEATURES = [feature["name"] for feature in _observation["features"]["global"]]

ARCHITECTURE = _network["id"]
VALUES, HIDDEN, SCORES = _network["inputs"], _network["hidden"], _network["scores"]
PARAMETER_MAX = _network["parameterMax"]
BIAS_SCALE, SHIFT = _network["biasScale"], _network["shift"]
ACTIVATION_MAX = _network["activationMax"]
SCORE_MIN, SCORE_MAX = _network["scoreMin"], _network["scoreMax"]
POOL_SHIFT, RECIPROCALS = _network["poolShift"], _network["recip"]
ROW_BOUND = _network["rowBound"]
LAYERS = {layer["name"]: tuple(layer["shape"]) for layer in _network["parameters"]}

SCORE_NAMES = [score["name"] for score in _rule["scores"]]
SCORE_LIMITS = [(score["min"], score["max"]) for score in _rule["scores"]]
HORIZON_Q4 = _rule["horizonSlotsQ4"]
SLOTS_PER_YEAR = _rule["slotsPerYear"]
VALUE_SCALE = _rule["valueScale"]
EXP2_MIN, EXP2_MAX = _rule["exp2"]["min"], _rule["exp2"]["max"]
EXP2_Q30 = _rule["exp2"]["constantsQ30"]


def grid_steps(venues: int) -> int:
    steps = _observation["gridSteps"]
    return steps["upToTwoVenues"] if venues <= 2 else steps["more"]
