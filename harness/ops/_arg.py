# SPDX-License-Identifier: Apache-2.0
"""Where along an axis the highest or lowest element is; of equal ones the first."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import computed, expect_shape, refuse, signature, version_at_most
from harness.ops._move import axis_of, inputs_of, one_integer

_NEWEST_VERSION = 3
_C_TYPES = {DType.INT8: "int8_t", DType.FLOAT32: "float"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The input as three dimensions, the middle one searched."""

    outer: int
    extent: int
    inner: int


def parse_arg(node: Node, graph: Graph) -> Layer:
    """Check the axis; the output is without it."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axis = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source)
    computed(node, graph, source)
    if output.dtype not in {DType.INT32, DType.INT64}:
        raise refuse(node, graph, "its output must be int32 or int64")
    number = one_integer(node, graph, axis, "axis")
    place = axis_of(node, graph, number, len(source.shape))
    before, after = source.shape[:place], source.shape[place + 1 :]
    expect_shape(node, graph, output, (*before, *after), "output")
    parameters = Parameters(outer=prod(before), extent=source.shape[place], inner=prod(after))
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def arg_variant(operator: str) -> Variant:
    """Return the generic kernel."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lambda layer: _lower(layer, f"ops/{operator.lower()}/generic.c.j2"),
        cost=lambda layer: 6.0 * (layer.inputs[0].elements if layer.inputs[0] is not None else 0),
    )


def _lower(layer: Layer, template: str) -> Lowered:
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    numbers = {"outer": parameters.outer, "extent": parameters.extent, "inner": parameters.inner}
    return Lowered(template=template, numbers={**numbers, "input_type": _C_TYPES[source.dtype]})
