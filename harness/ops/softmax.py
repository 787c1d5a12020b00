# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX over the last dimension.

For int8 the reference computes in fixed point: exponentials with 5 integer bits of argument, their sum with 12, and
the reciprocal by three steps of Newton. The exponentials of the at most 256 differences are a table here. Where the
exponentials of a row sum up to 512 or more, the reference stops: here every share of 256 is 0 then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import computed, expect_shape, operands, refuse, signature, version_at_most
from harness.ops._exponentials import difference_scale, exponentials_of_differences
from harness.ops._quantized import INT16_MAX, INT16_MIN, Multiplier, checked_multiplier, per_tensor
from harness.ops._table_16 import interpolated

_NEWEST_VERSION = 2
_OUTPUTS = {DType.INT8: (1.0 / 256.0, -128), DType.INT16: (1.0 / 65536.0, -32768)}  # of int8: scale and zero point
_OUTPUT_SCALE_16 = 1.0 / 32768.0
_NEAR = 0.001  # how far an output's scale may be from these
_REACH_16 = 10.0  # of int16: exponentials of less than minus this count as zero
_MAX_SHIFT_16 = 15  # to the left, of a difference of 16 bits
_MAX_DEPTH_16 = 65_535  # numbers of 15 bits in one sum
_MAX_DEPTH = 4095  # exponentials of up to 1 in a sum with 12 integer bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Rows of ``depth`` values; ``exponentials[d]`` is exp(-beta * scale * d) with 0 integer bits."""

    rows: int
    depth: int
    beta: float
    exponentials: NDArray[np.int32] | None = None
    scaling: Multiplier | None = None  # of int16: from a difference to 65535ths of 10


def parse(node: Node, graph: Graph) -> Layer:
    """Check a softmax and compute its table of exponentials."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    narrow = source.dtype is DType.INT8 and output.dtype in _OUTPUTS
    kind = "s8s8" if narrow else signature(node, graph, source, output, wide=True)
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    if not source.shape:
        raise refuse(node, graph, "its input must have at least one dimension")
    depth = source.shape[-1]
    beta = node.options.real(0)
    if not (math.isfinite(beta) and beta > 0.0):
        raise refuse(node, graph, f"its beta is {beta}, not a positive number")
    exponentials, scaling = None, None
    if kind == "s16s8":
        scaling = _scaling_16(node, graph, source, output, beta)
    if kind == "s8s8":
        scale, _ = per_tensor(node, graph, source)
        wanted, zero = _OUTPUTS[output.dtype]
        q = output.quantization
        if q is None or q.zero_points != (zero,) or abs(q.scales[0] - wanted) > _NEAR * wanted:
            raise refuse(node, graph, f"its output must have the scale 1/{1 / wanted:.0f} and the zero point {zero}")
        if depth > _MAX_DEPTH:
            raise refuse(node, graph, f"rows of more than {_MAX_DEPTH} int8 values overflow in the reference kernel")
        if difference_scale(beta, scale) <= 1.0:
            raise refuse(node, graph, f"its input's scale {scale:g} is too small")
        exponentials = exponentials_of_differences(beta, scale)
    parameters = Parameters(
        rows=source.elements // depth, depth=depth, beta=beta, exponentials=exponentials, scaling=scaling
    )
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def _scaling_16(node: Node, graph: Graph, source: Tensor, output: Tensor, beta: float) -> Multiplier:
    """Check an int16 softmax. Source: TensorFlow, ``tensorflow/lite/kernels/activations.cc`` (``SoftmaxPrepare``)."""
    scale, _ = per_tensor(node, graph, source)
    if abs(per_tensor(node, graph, output)[0] - _OUTPUT_SCALE_16) > _NEAR * _OUTPUT_SCALE_16:
        raise refuse(node, graph, "its output must have the scale 1/32768")
    real = float(np.float32(scale) * np.float32(beta)) / (_REACH_16 / 65535.0)
    multiplier = checked_multiplier(node, graph, real)
    if multiplier.shift > _MAX_SHIFT_16 or source.shape[-1] > _MAX_DEPTH_16:
        raise refuse(node, graph, f"its input's scale {scale:g} or its rows of {source.shape[-1]} are too large")
    return multiplier


def macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = {"rows": parameters.rows, "depth": parameters.depth}
    if parameters.scaling is not None:
        ends = np.float64(_REACH_16 / 65535.0), np.float64(2.0 / 65535.0), np.float64(1.0 / 65535.0)
        tables = {
            "exponentials": interpolated(np.exp, ends[0], ends[1], input_zero=INT16_MAX),
            "reciprocals": interpolated(lambda x: 1.0 / (1.0 + x), ends[2], ends[1], input_zero=INT16_MIN),
        }
        return Lowered(
            template="ops/softmax/generic_16x8.c.j2",
            numbers=numbers | {"multiplier": parameters.scaling.value, "shift": parameters.scaling.shift},
            constants=tuple(Constant(name=name, values=values, role="table") for name, values in tables.items()),
            helpers=("requantize", "look_up_s16"),
        )
    if parameters.exponentials is None:
        return Lowered(template="ops/softmax/generic.c.j2", numbers=numbers | {"beta": parameters.beta})
    return Lowered(
        template="ops/softmax/generic.c.j2",
        numbers=numbers | {"table_size": len(parameters.exponentials)},
        constants=(Constant(name="exponentials", values=parameters.exponentials, role="table"),),
        helpers=("requantize",),
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="SOFTMAX",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=lower,
        cost=lambda layer: (200.0 if layer.signature == "f32" else 60.0) * layer.outputs[0].elements,
        in_place=lambda layer: (0,) if layer.inputs[0] and layer.inputs[0].dtype is layer.outputs[0].dtype else (),
    ),
)
