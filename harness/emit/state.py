# SPDX-License-Identifier: Apache-2.0
"""What ``<name>_reset()`` gives the variables of a model: one byte throughout, or values from a constant in flash."""

from __future__ import annotations

import numpy as np

from harness.emit.numbers import c_type, dimensions
from harness.errors import UnsupportedModel
from harness.graph import DType, Graph, Tensor

_READS = {
    "int8": "HARNESS_READ_S8",
    "int16": "HARNESS_READ_S16",
    "int32": "HARNESS_READ_S32",
    "float32": "HARNESS_READ_F32",
}


def initial_constants(graph: Graph, prefix: str) -> list[dict[str, object]]:
    """Return the constants that variables begin with, as ``weights.c.j2`` shows them.

    Raises UnsupportedModel for a type that generated code does not read from flash.
    """
    return [_constant(tensor, prefix) for tensor in _from_flash(graph)]


def initial_bytes(graph: Graph) -> int:
    """Return the bytes that these constants take."""
    return sum(tensor.size_bytes for tensor in _from_flash(graph))


def resets(graph: Graph, prefix: str) -> list[dict[str, object]]:
    """Return for each variable what its reset needs: name, size, and a byte, or where it begins with other values."""
    from_flash = {tensor.index for tensor in _from_flash(graph)}
    return [
        {
            "name": f"TENSOR_{tensor.index}",
            "bytes": tensor.size_bytes,
            "byte": _byte(tensor),
            "elements": tensor.elements,
            "initial": f"{prefix}_initial_{tensor.index}" if tensor.index in from_flash else None,
            "read": _READS.get(tensor.dtype.value),
        }
        for tensor in _variables(graph)
    ]


def _variables(graph: Graph) -> list[Tensor]:
    return [tensor for _, tensor in sorted(graph.tensors.items()) if tensor.is_variable]


def _from_flash(graph: Graph) -> list[Tensor]:
    return [tensor for tensor in _variables(graph) if _byte(tensor) is None]


def _byte(tensor: Tensor) -> int | None:
    """Return the byte that fills a variable on a reset, None where it takes several."""
    if tensor.initial is None:  # as the interpreter does it: the zero point of int8, else zero
        q = tensor.quantization
        is_quantized = tensor.dtype is DType.INT8 and q is not None and len(q.scales) == 1
        return q.zero_points[0] if q is not None and is_quantized else 0
    content = np.frombuffer(np.ascontiguousarray(tensor.initial).tobytes(), dtype=np.int8)
    return int(content[0]) if bool((content == content[0]).all()) else None


def _constant(tensor: Tensor, prefix: str) -> dict[str, object]:
    assert tensor.initial is not None
    if tensor.dtype.value not in _READS:
        raise UnsupportedModel(
            f"variable {tensor.index} of type {tensor.dtype.value} begins with values that differ",
            hint="Begin it with zeros, or keep it in int8, int16, int32 or float32.",
        )
    values = tensor.initial
    return {
        "symbol": f"{prefix}_initial_{tensor.index}",
        "type": c_type(tensor.dtype.value),
        "elements": values.size,
        "shape": dimensions(values.shape),
        "values": values.astype(values.dtype.newbyteorder("="), copy=False),
        "alignment": 4,
        "has_infinity": values.dtype.kind == "f" and not bool((abs(values) < float("inf")).all()),
    }
