"""Writes the broken models of test/unit/policy/fixtures: what the keeper must refuse.

    python strategies/trainer/tests/make_bad_models.py test/unit/policy/fixtures
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import export  # noqa: E402
import specification as spec  # noqa: E402


def zero_model() -> onnx.ModelProto:
    return export.build_model({name: np.zeros(shape, np.int8) for name, shape in spec.LAYERS.items()})


def replace(model: onnx.ModelProto, name: str, value: np.ndarray) -> None:
    for initializer in model.graph.initializer:
        if initializer.name == name:
            initializer.CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))


def main() -> None:
    folder = Path(sys.argv[1])
    models = {"zero": zero_model()}

    models["nan-parameter"] = zero_model()
    replace(models["nan-parameter"], "ws", np.full((spec.VALUES, spec.SCORES), np.nan))

    models["fraction"] = zero_model()  # a rescale without its floor
    replace(models["fraction"], "b3", np.full(spec.SCORES, 7))
    for node in models["fraction"].graph.node[-2:]:
        if node.op_type == "Floor":
            node.op_type = "Identity"

    models["out-of-range"] = zero_model()
    replace(models["out-of-range"], "b3", np.full(spec.SCORES, 1e6))
    replace(models["out-of-range"], "score_max", np.array(1e6))

    models["sixteen-inputs"] = zero_model()
    models["sixteen-inputs"].graph.input[0].type.tensor_type.shape.dim[2].dim_value = 16
    replace(models["sixteen-inputs"], "w1", np.zeros((16, 16)))
    replace(models["sixteen-inputs"], "ws", np.zeros((16, spec.SCORES)))

    tensor = lambda name, kind: helper.make_tensor_value_info(name, kind, ["batch", "venues", 8])
    double = helper.make_graph(
        [helper.make_node("Floor", ["observation"], ["scores"])],
        "double",
        [tensor("observation", TensorProto.DOUBLE)],
        [tensor("scores", TensorProto.DOUBLE)],
    )
    models["one-double-input"] = helper.make_model(
        double, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    for name, model in models.items():
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
