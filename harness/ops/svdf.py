# SPDX-License-Identifier: Apache-2.0
"""SVDF: a dense layer over the last inputs as a product of low rank; the state keeps what each filter answered.

Source of the arithmetic: TensorFlow, ``tensorflow/lite/kernels/internal/reference/svdf.h``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import computed, constant, expect_shape, operands, refuse, version_at_most
from harness.ops._quantized import MAX_TAPS, Activation, Multiplier, checked_multiplier, fold_offset, per_tensor

_NEWEST_VERSION = 4
_RANK, _ACTIVATION, _ASYMMETRIC = range(3)  # fields of the schema's SVDFOptions
# By the types of input and weights: signature, types of the weights over time, the bias and the state.
_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): ("f32", DType.FLOAT32, DType.FLOAT32, DType.FLOAT32),
    (DType.FLOAT32, DType.INT8): ("hybrid", DType.INT8, DType.FLOAT32, DType.FLOAT32),
    (DType.INT8, DType.INT8): ("s8s8", DType.INT16, DType.INT32, DType.INT16),
}
_RANGES: dict[int, tuple[float | None, float | None]] = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A layer of ``units`` outputs, each the sum of ``rank`` filters over ``memory`` inferences."""

    batch: int
    inputs: int
    units: int
    rank: int
    memory: int
    low: float | None
    high: float | None
    asymmetric: bool
    input_zero: int = 0
    output_zero: int = 0
    multipliers: tuple[Multiplier, ...] = ()  # from sums over inputs to the state, from sums over time to the output
    weight_scale: float = 1.0
    time_scale: float = 1.0


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer; an int8 one must have a fused RELU, as the reference demands (it then clamps to int8 alone)."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, weights, over_time, bias, state = operands(node, graph, minimum=3, maximum=5)
    output = graph.tensor(node.outputs[0])
    if source is None or weights is None or over_time is None or state is None:
        raise refuse(node, graph, "its input, weights or state are missing")
    kind = _check_types(node, graph, (source, weights, over_time, bias, state), output)
    computed(node, graph, source)
    rank = node.options.integer(_RANK)
    shapes_fit = len(source.shape) == len(weights.shape) == len(over_time.shape) == 2
    if not shapes_fit or rank < 1 or weights.shape[0] % rank:
        raise refuse(node, graph, f"its rank is {rank}, and its input and weights must have two dimensions")
    (batch, inputs), filters, memory = source.shape, weights.shape[0], over_time.shape[1]
    units = filters // rank
    expect_shape(node, graph, constant(node, graph, weights, "weights"), (filters, inputs), "weights")
    expect_shape(node, graph, constant(node, graph, over_time, "weights over time"), (filters, memory), "time weights")
    expect_shape(node, graph, state, (batch, memory * filters), "state")
    expect_shape(node, graph, output, (batch, units), "output")
    if bias is not None:
        expect_shape(node, graph, constant(node, graph, bias, "bias"), (units,), "bias")
    if not state.is_variable:
        raise refuse(node, graph, "its state must be a variable")
    if inputs > MAX_TAPS:
        raise refuse(node, graph, f"a filter has more than {MAX_TAPS} weights")
    low, high = _range(node, graph, kind)
    numbers = _quantization(node, graph, kind, (source, weights, over_time, state), output)
    return Layer(
        node=node,
        inputs=(source, weights, over_time, bias, state),
        outputs=(output,),
        signature=kind,
        parameters=Parameters(
            batch=batch,
            inputs=inputs,
            units=units,
            rank=rank,
            memory=memory,
            low=low,
            high=high,
            asymmetric=node.options.boolean(_ASYMMETRIC),
            **numbers,
        ),
    )


def _check_types(node: Node, graph: Graph, tensors: tuple[Tensor | None, ...], output: Tensor) -> str:
    source, weights, over_time, bias, state = tensors
    assert source is not None
    assert weights is not None
    found = _TYPES.get((source.dtype, weights.dtype))
    if found is None:
        raise refuse(node, graph, "its input and weights must be int8, float32, or float32 and int8")
    kind, time_type, bias_type, state_type = found
    for tensor, dtype, what in (
        (over_time, time_type, "weights over time"),
        (bias, bias_type, "bias"),
        (state, state_type, "state"),
        (output, source.dtype, "output"),
    ):
        if tensor is not None and tensor.dtype is not dtype:
            raise refuse(node, graph, f"its {what} must be {dtype}: the reference kernel has no other")
    return kind


def _range(node: Node, graph: Graph, kind: str) -> tuple[float | None, float | None]:
    fused = node.options.integer(_ACTIVATION, bits=8)
    if kind == "s8s8":
        if fused != Activation.RELU:
            raise refuse(node, graph, "of int8 it must have a fused RELU: the reference kernel knows no other")
        return None, None
    if fused not in _RANGES:
        raise refuse(node, graph, f"its fused activation {fused} cannot be generated", "Use RELU, RELU6 or none.")
    return _RANGES[fused]


def _quantization(
    node: Node, graph: Graph, kind: str, tensors: tuple[Tensor, Tensor, Tensor, Tensor], output: Tensor
) -> dict[str, Any]:
    """Return the numbers of a quantized layer; its scales are multiplied and divided in single precision."""
    source, weights, over_time, state = tensors
    if kind == "f32":
        return {}
    weight_scale, time_scale = (_symmetric(node, graph, tensor) for tensor in (weights, over_time))
    if kind == "hybrid":
        return {"weight_scale": weight_scale, "time_scale": time_scale}
    input_scale, input_zero = per_tensor(node, graph, source)
    output_scale, output_zero = per_tensor(node, graph, output)
    state_scale = _symmetric(node, graph, state)
    to_state = np.float32(input_scale) * np.float32(weight_scale) / np.float32(state_scale)
    to_output = np.float32(state_scale) * np.float32(time_scale) / np.float32(output_scale)
    return {
        "input_zero": input_zero,
        "output_zero": output_zero,
        "multipliers": tuple(checked_multiplier(node, graph, float(real)) for real in (to_state, to_output)),
    }


def _symmetric(node: Node, graph: Graph, tensor: Tensor) -> float:
    q = tensor.quantization
    if q is None or len(q.scales) != 1 or q.zero_points != (0,) or not q.scales[0] > 0:
        raise refuse(node, graph, f"tensor {tensor.index} must have one scale above 0 and the zero point 0")
    return q.scales[0]


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference: each filter over the inputs, and over what it remembers."""
    p = layer.parameters
    assert isinstance(p, Parameters)
    return p.batch * p.units * p.rank * (p.inputs + p.memory)


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel, unit by unit and filter by filter."""
    p = layer.parameters
    assert isinstance(p, Parameters)
    weights, over_time, bias = (None if tensor is None else tensor.data for tensor in layer.inputs[1:4])
    assert weights is not None
    assert over_time is not None
    is_hybrid = layer.signature == "hybrid"
    numbers: dict[str, Number] = {
        "batch": p.batch,
        "inputs": p.inputs,
        "units": p.units,
        "rank": p.rank,
        "memory": p.memory,
        "integer": layer.signature == "s8s8",
        "hybrid": is_hybrid,
        "asymmetric": is_hybrid and p.asymmetric,
        "has_low": p.low is not None,
        "low": p.low or 0.0,
        "has_high": p.high is not None,
        "high": p.high or 0.0,
        "weight_scale": p.weight_scale,
    }
    times = over_time.astype(np.float32) * np.float32(p.time_scale) if is_hybrid else over_time
    constants = [
        Constant(name="weights", values=weights, role="weights"),
        Constant(name="times", values=times, role="weights"),
    ]
    if bias is not None:
        constants.append(Constant(name="bias", values=bias, role="weights"))
    helpers: tuple[str, ...] = ()
    if layer.signature == "s8s8":
        to_state, to_output = p.multipliers
        numbers |= {
            "state_multiplier": to_state.value,
            "state_shift": to_state.shift,
            "output_multiplier": to_output.value,
            "output_shift": to_output.shift,
            "output_zero": p.output_zero,
        }
        offsets = fold_offset(None, weights.astype(np.int8), -p.input_zero)
        if offsets is not None:
            constants.append(Constant(name="offsets", values=offsets, role="weights"))
        helpers = ("clamp_s8", "requantize")
    if is_hybrid:
        helpers = ("quantize_row_asymmetric",) if p.asymmetric else ("nearest_s8", "quantize_row")
        if p.asymmetric:
            sums = weights.astype(np.int32).sum(axis=1, dtype=np.int32)
            constants.append(Constant(name="sums", values=sums, role="weights"))
    return Lowered(
        template="ops/svdf/generic.c.j2",
        numbers=numbers,
        constants=tuple(constants),
        scratch_bytes=p.inputs if is_hybrid else 0,
        helpers=helpers,
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="SVDF",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32", "hybrid"},
        lower=lower,
        cost=lambda layer: 5.0 * macs(layer) + 40.0 * layer.outputs[0].elements,
    ),
)
