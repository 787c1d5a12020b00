# SPDX-License-Identifier: Apache-2.0
"""Numbers as C writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_WIDTH = 120
_INDENT = "  "
_C_TYPES = {
    "bool": "uint8_t",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "float32": "float",
    "float64": "double",
}


def c_type(dtype: str) -> str:
    """Return the C type of numpy's type name. Raises KeyError for a type that generated code does not hold."""
    return _C_TYPES[dtype]


def f32(value: float) -> str:
    """Return a single-precision literal that reads back as the same number, such as ``0.00390625f``."""
    number = float(np.float32(value))
    if math.isnan(number):
        return "NAN"
    if math.isinf(number):
        return "INFINITY" if number > 0 else "-INFINITY"
    text = str(np.float32(value))
    return f"{text}f" if any(mark in text for mark in ".e") else f"{text}.0f"


def s32(value: int) -> str:
    """Return an integer literal of at most 32 bits; the lowest has no literal of its own."""
    return "INT32_MIN" if value == -(1 << 31) else str(int(value))


def table(values: NDArray[np.generic]) -> Iterator[str]:
    """Yield the rows of an array's initialiser: right-aligned columns, as many as fit into a line, a comma after each.

    Rows hold a multiple of eight numbers where that many fit.
    """
    flat = np.ascontiguousarray(values).reshape(-1)
    # By their bits: a negative zero is not zero.
    bits, inverse = np.unique(flat.view(f"u{flat.dtype.itemsize}"), return_inverse=True)
    literals = [_literal(value, flat.dtype.itemsize) for value in bits.view(flat.dtype).tolist()]
    width = max(map(len, literals))
    padded = [literal.rjust(width) for literal in literals]
    items = [padded[number] for number in inverse.reshape(-1).tolist()]
    columns = (_WIDTH - len(_INDENT) + 1) // (width + 2)
    columns = columns // 8 * 8 or columns
    for start in range(0, len(items), columns):
        yield ", ".join(items[start : start + columns]) + ","


def _literal(value: int | float, item_bytes: int) -> str:
    if isinstance(value, float):
        return f32(value) if item_bytes == 4 else repr(value)
    return s32(value) if -(1 << 31) <= value < 1 << 31 else f"{value}LL"


def dimensions(shape: Iterable[int]) -> str:
    """Return a shape for comments, such as ``1x49x10x1``."""
    return "x".join(str(extent) for extent in shape) or "scalar"
