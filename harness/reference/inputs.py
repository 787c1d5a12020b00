# SPDX-License-Identifier: Apache-2.0
"""The standard test inputs: the shared pattern, all lowest, all highest, all zero point, and seeded random ones.

The random generator is xorshift32 (Marsaglia, "Xorshift RNGs", 2003: shifts 13, 17, 5), so that a device can make the
same inputs: each 32-bit state gives its bytes from the lowest to the highest. Floats are int8 values divided by 128.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType

Array = NDArray[np.generic]

SEED = 2463534242  # Marsaglia's
_MASK = 0xFFFF_FFFF


def pattern(dtype: DType, shape: tuple[int, ...]) -> Array:
    """Return the shared pattern: element k is ``(int8_t)(k*37+11)``; int16: times 256; float: divided by 128."""
    numbers = np.arange(prod(shape), dtype=np.int64) * 37 + 11
    return _spread((numbers & 0xFF).astype(np.uint8).view(np.int8), dtype).reshape(shape)


def lowest(dtype: DType, shape: tuple[int, ...]) -> Array:
    """Return all lowest values; for floats -1."""
    if dtype is DType.BOOL:
        return np.zeros(shape, dtype=np.bool_)
    return np.full(shape, -1.0 if _is_float(dtype) else np.iinfo(dtype.value).min, dtype=dtype.value)


def highest(dtype: DType, shape: tuple[int, ...]) -> Array:
    """Return all highest values; for floats 1."""
    if dtype is DType.BOOL:
        return np.ones(shape, dtype=np.bool_)
    return np.full(shape, 1.0 if _is_float(dtype) else np.iinfo(dtype.value).max, dtype=dtype.value)


def zero_point(dtype: DType, shape: tuple[int, ...], zero: int | None) -> Array:
    """Return what stands for zero everywhere: the zero point, or 0 where there is none."""
    return np.full(shape, zero or 0, dtype=dtype.value)


def seeded_random(dtype: DType, shape: tuple[int, ...], seed: int) -> Array:
    """Return values from xorshift32 over the whole range of the type (floats: [-1, 1)); ``seed`` 0, 1, 2, ..."""
    count = prod(shape) * (1 if _is_float(dtype) else np.dtype(dtype.value).itemsize)
    raw = np.frombuffer(_xorshift_bytes(count, seed), dtype=np.int8)
    if _is_float(dtype) or dtype is DType.BOOL:
        return _spread(raw, dtype).reshape(shape)
    return raw.view(np.dtype(dtype.value).newbyteorder("<")).astype(dtype.value).reshape(shape)


def standard_inputs(
    dtype: DType, shape: tuple[int, ...], zero: int | None, *, count: int = 8
) -> tuple[tuple[str, Array], ...]:
    """Return ``count`` (at least 5) named inputs: pattern, lowest, highest, zero point, then seeded random ones."""
    fixed = (
        ("pattern", pattern(dtype, shape)),
        ("lowest", lowest(dtype, shape)),
        ("highest", highest(dtype, shape)),
        ("zero point", zero_point(dtype, shape, zero)),
    )
    random = tuple((f"random {k}", seeded_random(dtype, shape, k)) for k in range(max(count, 5) - len(fixed)))
    return fixed + random


def _is_float(dtype: DType) -> bool:
    return dtype in {DType.FLOAT32, DType.FLOAT16}


def _spread(values: NDArray[np.int8], dtype: DType) -> Array:
    """Turn int8 values into those of another type that cover a similar part of its range."""
    match dtype:
        case DType.INT8:
            return values
        case DType.UINT8:
            return values.view(np.uint8)
        case DType.INT16:
            return values.astype(np.int16) * np.int16(256)
        case DType.FLOAT32 | DType.FLOAT16:
            return (values.astype(np.float32) / np.float32(128)).astype(dtype.value)
        case DType.INT32 | DType.INT64:
            return values.astype(dtype.value)
        case DType.BOOL:
            return values > 0


def random_state(seed: int) -> int:
    """Return the first word of xorshift32 for ``seed``."""
    return _after((SEED ^ (seed * 0x9E37_79B9)) & _MASK or SEED)


def _after(state: int) -> int:
    state ^= (state << 13) & _MASK
    state ^= state >> 17
    return state ^ ((state << 5) & _MASK)


def _xorshift_bytes(count: int, seed: int) -> bytes:
    state = random_state(seed)
    states = np.empty((count + 3) // 4, dtype="<u4")
    for k in range(len(states)):
        states[k] = state
        state = _after(state)
    return states.tobytes()[:count]
