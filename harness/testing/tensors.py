# SPDX-License-Identifier: Apache-2.0
"""Random tensors for cases of operators, with the edges of quantization among them.

Beside the names of types, ``hybrid`` stands for float32 activations with int8 weights.
"""

from __future__ import annotations

import math

import numpy as np

from harness.testing.models import TensorSpec

REACH = {"int8": (-128, 128), "uint8": (0, 256), "int16": (-32_768, 32_768)}  # of stored numbers, the end left out
_LEAST_SCALE = 1e-8  # of an output: by less, the bounds of a fused activation leave 32 bits, and are refused
_EDGE_ZERO_POINTS = (0, -128, 127, 3, -1, -77)


def activation(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...], *, scale: float | None = None
) -> TensorSpec:
    """Return an input or output; its zero point is drawn from the edges, a missing scale from three powers of ten."""
    if dtype in {"float32", "hybrid"}:
        return TensorSpec(shape=shape, dtype="float32")
    drawn = 10.0 ** rng.uniform(-3.0, 0.5) if scale is None else scale
    if dtype == "int16":
        return TensorSpec(shape=shape, dtype=dtype, scales=(_single(drawn),), zero_points=(0,))
    zero = _EDGE_ZERO_POINTS[int(rng.integers(len(_EDGE_ZERO_POINTS)))] + (128 if dtype == "uint8" else 0)
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
    return TensorSpec(shape=shape, dtype="int8", data=data, scales=scales, axis=axis)


def bias(
    rng: np.random.Generator,
    source: TensorSpec,
    weights: TensorSpec,
    channels: int,
    taps: int,
    *,
    bits: int | None = None,
) -> TensorSpec:
    """Return a bias about as large as the sums that it is added to, quantized with the product of both scales.

    Beside int16 it has 64 ``bits``, but where 32 are asked for.
    """
    if source.dtype == "float32":
        return TensorSpec(shape=(channels,), dtype="float32", data=rng.normal(size=channels).astype(np.float32))
    is_wide = source.dtype == "int16"
    reach = (int(math.sqrt(taps) * 8000) + 1) * (256 if is_wide else 1)
    data = rng.integers(-reach, reach, size=channels)
    scales = tuple(_single(source.scales[0] * scale) for scale in weights.scales)
    dtype = "int64" if is_wide and bits != 32 else "int32"
    return TensorSpec(shape=(channels,), dtype=dtype, data=data.astype(dtype), scales=scales)


def output_scale(
    rng: np.random.Generator, source: TensorSpec, weights: TensorSpec, taps: int, number: int
) -> float | None:
    """Return a scale by which most sums fill the range; in each sixth case far too small, in others far too large."""
    if source.dtype == "float32":
        return None
    is_wide = source.dtype == "int16"
    typical = source.scales[0] * float(np.max(weights.scales)) * math.sqrt(taps) * (15_000.0 if is_wide else 60.0)
    factor = rng.uniform(0.5, 2.0)
    if number % 6 == 5:
        factor = 10.0 ** (rng.uniform(-3.0, -1.0) if is_wide else rng.uniform(-6.0, -3.0))
    elif number % 7 == 6:
        factor = 10.0 ** rng.uniform(2.0, 9.0)
    return max(typical * factor, _LEAST_SCALE)


def _single(value: float) -> float:
    return float(np.float32(value))
