import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

import export
import specification as spec
from network import Network, forward_integers, reciprocal, row_sums


def random_parameters(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    parameters = {name: rng.integers(-127, 128, shape).astype(np.int8) for name, shape in spec.LAYERS.items()}
    for name in ("w3", "ws"):  # keep the rows of the last layer, which share one sum, in bound
        parameters[name] = (parameters[name] // 2).astype(np.int8)
    return parameters


def in_torch(parameters: dict[str, np.ndarray]) -> Network:
    net = Network(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(net, name).copy_(torch.from_numpy(value.astype(np.float32)) / 2**spec.SHIFT)
    return net


def test_a_new_network_answers_zero_which_is_the_rule():
    net = Network(torch.Generator().manual_seed(3))
    for x in export.golden_inputs():
        assert not net(torch.from_numpy(x.astype(np.float32))).any()
        assert not forward_integers(net.integers(), x).any()


@pytest.mark.parametrize("seed", range(3))
def test_torch_onnx_and_integers_agree_bit_for_bit(seed):
    parameters = random_parameters(seed)
    net, session = in_torch(parameters), ReferenceEvaluator(export.build_model(parameters))
    for name, value in net.integers().items():
        np.testing.assert_array_equal(value, parameters[name])
    for x in export.golden_inputs(seed):
        expected = forward_integers(parameters, x)
        with torch.no_grad():
            np.testing.assert_array_equal(net(torch.from_numpy(x.astype(np.float32))).numpy(), expected)
        feed = {
            "observation": x[None].astype(np.float32),
            "mask": np.ones((1, len(x), 1), np.float32),
            "recip": np.full((1, 1, 1), reciprocal(len(x)), np.float32),
        }
        np.testing.assert_array_equal(session.run(None, feed)[0][0], expected)


def test_a_masked_venue_changes_nothing_for_the_others():
    parameters = random_parameters(7)
    session = ReferenceEvaluator(export.build_model(parameters))
    rng = np.random.default_rng(1)
    x = rng.integers(-4095, 4096, (1, 5, spec.VALUES))
    mask = np.array([1, 1, 1, 0, 0], np.float32).reshape(1, 5, 1)
    feed = {
        "observation": x.astype(np.float32),
        "mask": mask,
        "recip": np.full((1, 1, 1), reciprocal(3), np.float32),
    }
    np.testing.assert_array_equal(session.run(None, feed)[0][0, :3], forward_integers(parameters, x[0, :3]))


def test_rows_stay_in_bound_however_large_the_latent_parameters_are():
    net = Network(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1e3)
    net.keep_rows_in_bound()
    parameters = net.integers()
    assert all(sums.max() < spec.ROW_BOUND for sums in row_sums(parameters).values())
    onnx.checker.check_model(export.build_model(parameters))


def test_a_row_out_of_bound_is_not_exported():
    parameters = {name: np.full(shape, 127, np.int8) for name, shape in spec.LAYERS.items()}
    with pytest.raises(ValueError, match="A row of layer3 sums to 17296384, the limit is 16777216."):
        export.build_model(parameters)


def test_the_reserved_score_learns_nothing():
    net = Network(torch.Generator().manual_seed(0))
    with torch.no_grad():
        net.w2 += 0.1
    x = torch.from_numpy(np.random.default_rng(0).integers(-2000, 2000, (8, 3, spec.VALUES)).astype(np.float32))
    net(x).sum().backward()
    assert net.b3.grad[:-1].abs().min() > 0
    assert not net.b3.grad[-1] and not net.ws.grad[-1].any() and not net.w3.grad[-1].any()
