# SPDX-License-Identifier: Apache-2.0
"""BATCH_MATMUL: products of matrices, either of them transposed or constant, batches broadcast as numpy does."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from harness.graph import DType, Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import expect_shape, refuse, signature, version_at_most
from harness.ops._move import inputs_of
from harness.ops._quantized import (
    MAX_TAPS,
    Multiplier,
    checked_multiplier,
    ends,
    per_tensor,
    reduced_requantization,
    requantization,
)

_NEWEST_VERSION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Extents, and how far each operand moves by a row, a column or an inner step, and by each batch dimension."""

    batches: tuple[tuple[int, int, int], ...]  # extent, step of the first, step of the second
    rows: int
    inner: int
    columns: int
    first_steps: tuple[int, int]  # row, inner
    second_steps: tuple[int, int]  # inner, column
    zeros: tuple[int, int, int] = (0, 0, 0)
    multiplier: Multiplier | None = None


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the matrices fit."""
    version_at_most(node, graph, _NEWEST_VERSION)
    first, second = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    like = None if (first.dtype, second.dtype) == (DType.INT16, DType.INT8) else second
    kind = signature(node, graph, first, like, output, wide=True)
    if first.data is not None and second.data is not None:
        raise refuse(node, graph, "both operands are constant", "Let the converter fold operators on constants.")
    if min(len(first.shape), len(second.shape)) < 2:
        raise refuse(node, graph, "its operands must have at least two dimensions")
    rows, inner = first.shape[-2:]
    first_steps = (inner, 1)
    if node.options.boolean(0):
        rows, inner, first_steps = inner, rows, (1, inner)
    also_inner, columns = second.shape[-2:]
    second_steps = (columns, 1)
    if node.options.boolean(1):
        also_inner, columns, second_steps = columns, also_inner, (1, columns)
    if inner != also_inner:
        raise refuse(node, graph, f"rows of {inner} elements do not fit columns of {also_inner}")
    if inner > MAX_TAPS:
        raise refuse(node, graph, f"a row has more than {MAX_TAPS} elements")
    try:
        batch = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    except ValueError:
        raise refuse(node, graph, "its batches cannot be broadcast to one") from None
    expect_shape(node, graph, output, (*batch, rows, columns), "output")
    steps = zip(_steps(first.shape, len(batch)), _steps(second.shape, len(batch)), strict=True)
    zeros, multiplier = (0, 0, 0), None
    if kind != "f32":
        (one_scale, one_zero), (two_scale, two_zero), (output_scale, output_zero) = (
            per_tensor(node, graph, tensor) for tensor in (first, second, output)
        )
        zeros = (one_zero, two_zero, output_zero)
        product = float(np.float32(one_scale) * np.float32(two_scale))
        multiplier = checked_multiplier(node, graph, product / output_scale)
    parameters = Parameters(
        batches=tuple((extent, one, two) for extent, (one, two) in zip(batch, steps, strict=True) if extent > 1),
        rows=rows,
        inner=inner,
        columns=columns,
        first_steps=first_steps,
        second_steps=second_steps,
        zeros=zeros,
        multiplier=multiplier,
    )
    return Layer(node=node, inputs=(first, second), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return layer.outputs[0].elements * parameters.inner


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = {
        "extents": tuple(extent for extent, _, _ in parameters.batches),
        "first_batches": tuple(one for _, one, _ in parameters.batches),
        "second_batches": tuple(two for _, _, two in parameters.batches),
        "rows": parameters.rows,
        "inner": parameters.inner,
        "columns": parameters.columns,
        "first_row": parameters.first_steps[0],
        "first_inner": parameters.first_steps[1],
        "second_inner": parameters.second_steps[0],
        "second_column": parameters.second_steps[1],
    }
    helpers: tuple[str, ...] = ()
    if parameters.multiplier is not None:
        wide = layer.signature == "s16s8"
        scaling, _ = (
            reduced_requantization([parameters.multiplier]) if wide else requantization([parameters.multiplier])
        )
        low, high = ends(layer.outputs[0].dtype)
        numbers |= scaling | {
            "first_offset": -parameters.zeros[0],
            "second_offset": -parameters.zeros[1],
            "output_zero": parameters.zeros[2],
            "low": low,
            "high": high,
        }
        helpers = ("requantize_s64", "clamp_s16") if wide else ("requantize", "clamp_s8")
    constants = tuple(
        Constant(name=name, values=tensor.data, role="weights")
        for name, tensor in zip(("first", "second"), layer.inputs, strict=True)
        if tensor is not None and tensor.data is not None
    )
    return Lowered(template="ops/batch_matmul/generic.c.j2", numbers=numbers, constants=constants, helpers=helpers)


def _steps(shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return how far an operand moves by each batch dimension: not at all where it is broadcast."""
    batch = (1,) * (rank - len(shape) + 2) + shape[:-2]
    matrix = prod(shape[-2:])
    return tuple(0 if extent == 1 else prod(batch[axis + 1 :]) * matrix for axis, extent in enumerate(batch))


VARIANTS = (
    Variant(
        name="generic",
        operator="BATCH_MATMUL",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=lower,
        cost=lambda layer: 8.0 * macs(layer) + 40.0 * layer.outputs[0].elements,
    ),
)
