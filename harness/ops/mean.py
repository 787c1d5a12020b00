# SPDX-License-Identifier: Apache-2.0
"""MEAN over neighbouring dimensions, such as the height and width of an image (global average pooling)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._check import computed, constant, operands, refuse, signature, version_at_most
from harness.ops._quantized import (
    FLOAT_MAX,
    INT8_MAX,
    INT8_MIN,
    Multiplier,
    checked_multiplier,
    per_tensor,
    requantization,
)

_NEWEST_VERSION = 3
_MAX_ELEMENTS = 1 << 22  # of one mean: more could overflow 32 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The input as three dimensions, the middle one averaged."""

    outer: int
    count: int
    inner: int
    input_zero: int = 0
    output_zero: int = 0
    multiplier: Multiplier | None = None


def parse(node: Node, graph: Graph) -> Layer:
    """Check a mean; its scale has the division by the number of elements in it.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/reduce.h`` (``QuantizedMeanOrSum``).
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axes = operands(node, graph, minimum=2, maximum=2)
    assert source is not None
    assert axes is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output)
    computed(node, graph, source)
    constant(node, graph, axes, "list of axes")
    if axes.dtype is not DType.INT32 or axes.data is None:
        raise refuse(node, graph, "its axes must be int32")
    rank = len(source.shape)
    averaged = sorted({int(axis) % rank if -rank <= axis < rank else -1 for axis in axes.data.reshape(-1).tolist()})
    if not averaged or averaged[0] < 0:
        raise refuse(node, graph, f"its axes must lie between {-rank} and {rank - 1}")
    if averaged != list(range(averaged[0], averaged[-1] + 1)):
        raise refuse(node, graph, "its axes must be neighbours", "Move the dimensions with a transpose beforehand.")
    outer, count, inner = (
        prod(source.shape[: averaged[0]]),
        prod(source.shape[averaged[0] : averaged[-1] + 1]),
        prod(source.shape[averaged[-1] + 1 :]),
    )
    if output.elements != outer * inner:
        raise refuse(node, graph, f"its output must have {outer * inner} elements")
    if count > _MAX_ELEMENTS:
        raise refuse(node, graph, f"a mean is over more than {_MAX_ELEMENTS} elements")
    parameters = Parameters(outer=outer, count=count, inner=inner)
    if kind == "s8s8":
        input_scale, input_zero = per_tensor(node, graph, source)
        output_scale, output_zero = per_tensor(node, graph, output)
        parameters = Parameters(
            outer=outer,
            count=count,
            inner=inner,
            input_zero=input_zero,
            output_zero=output_zero,
            multiplier=_divided(checked_multiplier(node, graph, input_scale / output_scale), count),
        )
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel; every sum begins with the input's zero points."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = {"outer": parameters.outer, "count": parameters.count, "inner": parameters.inner}
    if parameters.multiplier is None:
        numbers |= {"low": -FLOAT_MAX, "high": FLOAT_MAX}
        return Lowered(template="ops/mean/generic.c.j2", numbers=numbers)
    scaling, _ = requantization([parameters.multiplier])
    numbers |= scaling | {
        "start": -parameters.input_zero * parameters.count,
        "output_zero": parameters.output_zero,
        "low": INT8_MIN,
        "high": INT8_MAX,
    }
    return Lowered(template="ops/mean/generic.c.j2", numbers=numbers, helpers=("requantize", "clamp_s8"))


def _divided(multiplier: Multiplier, count: int) -> Multiplier:
    """Divide a multiplier, with as many bits as fit, before its rounding towards zero loses them."""
    extra = min(count.bit_length() - 1, 32, 31 + multiplier.shift)
    return Multiplier(value=(multiplier.value << extra) // count, shift=multiplier.shift - extra)


VARIANTS = (
    Variant(
        name="generic",
        operator="MEAN",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: 6.0 * (layer.inputs[0].elements if layer.inputs[0] is not None else 0),
    ),
)
