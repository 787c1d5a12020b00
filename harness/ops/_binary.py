# SPDX-License-Identifier: Apache-2.0
"""Functions of two inputs, element by element, with numpy's rules of broadcasting; one operand may be constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._broadcast import Loop, broadcast, broadcast_operands, in_place, loop_numbers, operand_constants
from harness.ops._check import signature, version_at_most
from harness.ops._quantized import activation, output_range, per_tensor
from harness.ops._unary import Affine

Quantize = Callable[[Node, Graph, tuple[Affine, Affine], Affine], Mapping[str, Number]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The loops, what the template needs besides, and tables of the operator's own."""

    loops: tuple[Loop, ...]
    numbers: Mapping[str, Number]
    tables: tuple[Constant, ...] = ()


def parse_binary(
    node: Node,
    graph: Graph,
    quantize: Quantize,
    *,
    newest: int,
    fused: bool = False,
    tables: tuple[Constant, ...] = (),
) -> Layer:
    """Check a function of two inputs of one type, which its output shares.

    ``quantize`` gives the numbers of an int8 layer from the quantization of both inputs and the output; ``fused`` says
    that the first field of the options is a fused activation, whose range is given to the template.
    """
    version_at_most(node, graph, newest)
    first, second = broadcast_operands(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, first, second, output)
    loops = broadcast(node, graph, (first, second), output)
    found: dict[str, Number] = {}
    if fused:
        code = activation(node, graph, node.options.integer(0, bits=8))
        reach = output_range(node, graph, code, output, kind)
        found |= {"low": reach.low, "high": reach.high}
    if kind == "s8s8":
        a, b, out = (affine(node, graph, tensor) for tensor in (first, second, output))
        found |= quantize(node, graph, (a, b), out)
    return Layer(
        node=node,
        inputs=(first, second),
        outputs=(output,),
        signature=kind,
        parameters=Parameters(loops=loops, numbers=found, tables=tables if kind == "s8s8" else ()),
    )


def affine(node: Node, graph: Graph, tensor: Tensor) -> Affine:
    """Return the quantization of an int8 tensor. Raises UnsupportedModel where there is no one such."""
    scale, zero = per_tensor(node, graph, tensor)
    return Affine(scale=scale, zero=zero)


def lower_binary(layer: Layer, helpers_s8: tuple[str, ...], helpers_f32: tuple[str, ...]) -> Lowered:
    """Lower to nested loops, as many as broadcasting needs: one where both operands have the same shape."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return Lowered(
        template=f"ops/{layer.node.op.lower()}/generic.c.j2",
        numbers={**loop_numbers(parameters.loops), **parameters.numbers},
        constants=(*operand_constants(layer), *parameters.tables),
        helpers=helpers_f32 if layer.signature == "f32" else helpers_s8,
    )


def binary_variant(
    operator: str,
    *,
    cost_s8: float,
    helpers_s8: tuple[str, ...] = (),
    helpers_f32: tuple[str, ...] = (),
    cost_f32: float = 9.0,
) -> Variant:
    """Return the generic variant of a function of two inputs; costs are in instructions for one output."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lambda layer: lower_binary(layer, helpers_s8, helpers_f32),
        cost=lambda layer: (cost_f32 if layer.signature == "f32" else cost_s8) * layer.outputs[0].elements,
        in_place=in_place,
    )
