# SPDX-License-Identifier: Apache-2.0
"""Random tensors for cases of operators, with the edges of quantization among them."""

from __future__ import annotations

import math

import numpy as np

from harness.testing.models import TensorSpec

_EDGE_ZERO_POINTS = (0, -128, 127, 3, -1, -77)


def activation(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...], *, scale: float | None = None
) -> TensorSpec:
    """Return an input or output; its zero point is drawn from the edges, a missing scale from three powers of ten."""
    if dtype == "float32":
        return TensorSpec(shape=shape, dtype=dtype)
    drawn = 10.0 ** rng.uniform(-3.0, 0.5) if scale is None else scale
    zero = _EDGE_ZERO_POINTS[int(rng.integers(len(_EDGE_ZERO_POINTS)))]
    return TensorSpec(shape=shape, dtype=dtype, scales=(_single(drawn),), zero_points=(zero,))


def constant(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...], *, axis: int = 0, per_channel: bool = False
) -> TensorSpec:
    """Return weights, symmetric where quantized; scales of channels differ by up to four powers of ten."""
    if dtype == "float32":
        return TensorSpec(shape=shape, dtype=dtype, data=rng.normal(size=shape).astype(np.float32))
    count = shape[axis] if per_channel else 1
    spread = 4.0 if per_channel else 0.0
    scales = tuple(_single(10.0 ** rng.uniform(-1.5 - spread, -1.5)) for _ in range(count))
    data = rng.integers(-127, 128, size=shape).astype(np.int8)
    return TensorSpec(shape=shape, dtype=dtype, data=data, scales=scales, axis=axis)


def bias(rng: np.random.Generator, source: TensorSpec, weights: TensorSpec, channels: int, taps: int) -> TensorSpec:
    """Return a bias about as large as the sums that it is added to, quantized with the product of both scales."""
    if weights.dtype == "float32":
        return TensorSpec(shape=(channels,), dtype="float32", data=rng.normal(size=channels).astype(np.float32))
    reach = int(math.sqrt(taps) * 8000) + 1
    data = rng.integers(-reach, reach, size=channels).astype(np.int32)
    scales = tuple(_single(source.scales[0] * scale) for scale in weights.scales)
    return TensorSpec(shape=(channels,), dtype="int32", data=data, scales=scales)


def output_scale(
    rng: np.random.Generator, source: TensorSpec, weights: TensorSpec, taps: int, number: int
) -> float | None:
    """Return a scale by which most sums fill the range; in each sixth case far too small, in others far too large."""
    if weights.dtype == "float32":
        return None
    typical = source.scales[0] * float(np.max(weights.scales)) * math.sqrt(taps) * 60.0
    factor = rng.uniform(0.5, 2.0)
    if number % 6 == 5:
        factor = 10.0 ** rng.uniform(-6.0, -3.0)
    elif number % 7 == 6:
        factor = 10.0 ** rng.uniform(2.0, 9.0)
    return typical * factor


def _single(value: float) -> float:
    return float(np.float32(value))
