# SPDX-License-Identifier: Apache-2.0
"""Functions of two inputs, element by element, with numpy's rules of broadcasting; one operand may be constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._broadcast import Loop, broadcast, broadcast_operands, in_place, loop_numbers, operand_constants
from harness.ops._check import refuse, signature, version_at_most
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
    wide: Quantize | None = None,
    beside_int16: DType = DType.INT16,
) -> Layer:
    """Check a function of two inputs of one type, which its output shares.

    ``quantize`` gives the numbers of an int8 layer from the quantization of both inputs and the output, ``wide`` those
    of an int16 one, whose second input has the type ``beside_int16``; ``fused`` says that the first field of the
    options is a fused activation, whose range is given to the template.
    """
    version_at_most(node, graph, newest)
    first, second = broadcast_operands(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    is_wide = wide is not None and first.dtype is DType.INT16
    kind = signature(node, graph, first, None if is_wide else second, output, wide=is_wide)
    if is_wide and second.dtype is not beside_int16:
        raise refuse(node, graph, f"its second input must be {beside_int16.value} beside an int16 one")
    loops = broadcast(node, graph, (first, second), output)
    found: dict[str, Number] = {}
    if fused:
        code = activation(node, graph, node.options.integer(0, bits=8))
        reach = output_range(node, graph, code, output)
        found |= {"low": reach.low, "high": reach.high}
    chosen = wide if kind == "s16s8" else quantize
    if kind != "f32" and chosen is not None:
        a, b, out = (affine(node, graph, tensor) for tensor in (first, second, output))
        found |= chosen(node, graph, (a, b), out)
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


def of_type(helpers_s8: tuple[str, ...], layer: Layer) -> tuple[str, ...]:
    """Return the helpers of a quantized layer from those of int8."""
    wide = layer.signature == "s16s8"
    return tuple("clamp_s16" if wide and name == "clamp_s8" else name for name in helpers_s8)


def lower_binary(layer: Layer, helpers_s8: tuple[str, ...], helpers_f32: tuple[str, ...]) -> Lowered:
    """Lower to nested loops, as many as broadcasting needs: one where both operands have the same shape."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return Lowered(
        template=f"ops/{layer.node.op.lower()}/generic.c.j2",
        numbers={**loop_numbers(parameters.loops), **parameters.numbers},
        constants=(*operand_constants(layer), *parameters.tables),
        helpers=helpers_f32 if layer.signature == "f32" else of_type(helpers_s8, layer),
    )


def binary_variant(
    operator: str,
    *,
    cost_s8: float,
    helpers_s8: tuple[str, ...] = (),
    helpers_f32: tuple[str, ...] = (),
    cost_f32: float = 9.0,
    signatures: frozenset[str] = frozenset({"s8s8", "s16s8", "f32"}),
) -> Variant:
    """Return the generic variant of a function of two inputs; costs are in instructions for one output."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in signatures,
        lower=lambda layer: lower_binary(layer, helpers_s8, helpers_f32),
        cost=lambda layer: (cost_f32 if layer.signature == "f32" else cost_s8) * layer.outputs[0].elements,
        in_place=in_place,
    )
