"""The specified network, twice: in torch on the quantised forward pass with straight-through gradients, and in numpy
integers. Every product and sum stays below 2^24, so float32 carries the same integers.

Architecture `pooled-mlp-17-16-16-8`; the specification is docs/policy-spec.md.
"""

import numpy as np
import torch
from torch import nn

import specification as spec
from specification import ACTIVATION_MAX, BIAS_SCALE, HIDDEN, LAYERS, PARAMETER_MAX, SCORE_MAX, SCORE_MIN, SHIFT

RESERVED = spec.SCORES - 1  # the last score stays zero


def reciprocal(venues: int) -> int:
    """What pooling multiplies with instead of dividing."""
    return spec.RECIPROCALS[venues - 1]


def forward_integers(parameters: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Reference forward pass. x: int64 [..., N, 17] → scores int64 [..., N, 8]."""
    p = {name: parameters[name].astype(np.int64) for name in LAYERS}
    hidden = np.clip((x @ p["w1"].T + p["b1"] * BIAS_SCALE) >> SHIFT, 0, ACTIVATION_MAX)
    pooled = (hidden.sum(-2, keepdims=True) * reciprocal(x.shape[-2])) >> spec.POOL_SHIFT
    both = np.concatenate([hidden, np.broadcast_to(pooled, hidden.shape)], -1)
    hidden2 = np.clip((both @ p["w2"].T + p["b2"] * BIAS_SCALE) >> SHIFT, 0, ACTIVATION_MAX)
    return np.clip((hidden2 @ p["w3"].T + x @ p["ws"].T + p["b3"] * BIAS_SCALE) >> SHIFT, SCORE_MIN, SCORE_MAX)


def row_sums(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Σ|w|·4096 + |b|·1024 of every row; both matrices of the last layer count together. Must stay below rowBound."""
    a = {name: np.abs(parameters[name].astype(np.int64)) for name in LAYERS}
    return {
        "layer1": a["w1"].sum(1) * 4096 + a["b1"] * BIAS_SCALE,
        "layer2": a["w2"].sum(1) * 4096 + a["b2"] * BIAS_SCALE,
        "layer3": (a["w3"].sum(1) + a["ws"].sum(1)) * 4096 + a["b3"] * BIAS_SCALE,
    }


class _Floor(torch.autograd.Function):
    """Floor whose gradient is that of the identity."""

    @staticmethod
    def forward(_, x):
        return torch.floor(x)

    @staticmethod
    def backward(_, gradient):
        return gradient


class Network(nn.Module):
    """Latent float parameters (1.0 = 64 steps of int8) behind the integer forward pass."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        normal = lambda shape, sd: torch.randn(shape, generator=generator) * sd
        self.w1 = nn.Parameter(normal(LAYERS["w1"], spec.VALUES**-0.5))
        self.b1 = nn.Parameter(normal(LAYERS["b1"], 0.3))
        self.w2 = nn.Parameter(normal(LAYERS["w2"], 0.7 * HIDDEN**-0.5))
        self.b2 = nn.Parameter(torch.zeros(LAYERS["b2"]))
        # Zero output is the rule: training starts there.
        self.w3 = nn.Parameter(torch.zeros(LAYERS["w3"]))
        self.ws = nn.Parameter(torch.zeros(LAYERS["ws"]))
        self.b3 = nn.Parameter(torch.zeros(LAYERS["b3"]))
        for parameter in (self.w3, self.ws, self.b3):
            parameter.register_hook(_without_reserved)

    def quantised(self) -> dict[str, torch.Tensor]:
        """int8 values as float32, gradients straight through."""
        result = {}
        for name in LAYERS:
            scaled = getattr(self, name) * 2**SHIFT
            rounded = scaled.round().clamp(-PARAMETER_MAX, PARAMETER_MAX)
            result[name] = scaled + (rounded - scaled).detach()
        return result

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: float32 integers [..., N, 17] → scores, float32 integers [..., N, 8]."""
        p = self.quantised()
        rescale = lambda y, low, high: _Floor.apply(y / 2**SHIFT).clamp(low, high)
        hidden = rescale(x @ p["w1"].T + p["b1"] * BIAS_SCALE, 0, ACTIVATION_MAX)
        pooled = _Floor.apply(hidden.sum(-2, keepdim=True) * reciprocal(x.shape[-2]) / 2**spec.POOL_SHIFT)
        w2 = p["w2"]
        hidden2 = hidden @ w2[:, :HIDDEN].T + pooled @ w2[:, HIDDEN:].T + p["b2"] * BIAS_SCALE
        hidden2 = rescale(hidden2, 0, ACTIVATION_MAX)
        return rescale(hidden2 @ p["w3"].T + x @ p["ws"].T + p["b3"] * BIAS_SCALE, SCORE_MIN, SCORE_MAX)

    @torch.no_grad()
    def keep_rows_in_bound(self) -> None:
        """Scales back the latent rows of the last layer that could leave what float32 carries exactly."""
        scale = 2**SHIFT
        total = (self.w3.abs().sum(1) + self.ws.abs().sum(1)) * scale * 4096 + self.b3.abs() * scale * BIAS_SCALE
        # Rounding may add half a step per parameter.
        room = spec.ROW_BOUND - 4096 * (HIDDEN + spec.VALUES)
        factor = (room / total.clamp(min=1)).clamp(max=1)
        for parameter in (self.w3, self.ws):
            parameter *= factor[:, None]
        self.b3 *= factor
        for name in LAYERS:
            getattr(self, name).clamp_(-PARAMETER_MAX / scale, PARAMETER_MAX / scale)

    def integers(self) -> dict[str, np.ndarray]:
        """The int8 parameters as they are exported."""
        with torch.no_grad():
            return {name: value.round().to(torch.int8).numpy() for name, value in self.quantised().items()}


def _without_reserved(gradient: torch.Tensor) -> torch.Tensor:
    gradient = gradient.clone()
    gradient[RESERVED] = 0
    return gradient
