# SPDX-License-Identifier: Apache-2.0
"""UNIDIRECTIONAL_SEQUENCE_LSTM: long short-term memory over a sequence; its state goes on in the next inference.

Source of the arithmetic: TensorFlow, ``tensorflow/lite/kernels/lstm_eval.cc`` (float, hybrid, and int8 with a cell
state of int16) and ``internal/reference/portable_tensor_utils.cc``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import refuse, version_at_most
from harness.ops._quantized import MAX_TAPS, Activation, Multiplier, checked_multiplier, per_tensor
from harness.ops._recurrent import GATES, Cell, read_cell

_NEWEST_VERSION = 4
# Fields of the schema's UnidirectionalSequenceLSTMOptions.
_ACTIVATION, _CELL_CLIP, _PROJECTION_CLIP, _TIME_MAJOR, _ASYMMETRIC, _DIAGONAL = range(6)
_HIDDEN = 4  # position of the intermediate tensor whose scale the output of a cell has
_GATE_SCALE = np.float32(2.0**-12)  # gates have 3 integer bits of 16 before their activation
_INT16_MAX = (1 << 15) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Integers:
    """Numbers of an int8 layer, the multipliers by gate."""

    input_zero: int
    state_zero: int
    output_zero: int
    input_multipliers: tuple[Multiplier, ...]
    recurrent_multipliers: tuple[Multiplier, ...]
    output_multiplier: Multiplier
    cell_bits: int  # integer bits of the cell state
    clip: int  # of the cell state; 0 for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A layer; ``integers`` where it is int8, ``weight_scales`` by gate (input, then recurrent) where it is hybrid.

    ``asymmetric``: a hybrid one quantizes what it multiplies with a zero point.
    """

    cell: Cell
    clip: float
    integers: Integers | None = None
    weight_scales: tuple[float, ...] = ()
    asymmetric: bool = False


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer; its activations are the logistic function for the gates and tanh for the rest."""
    version_at_most(node, graph, _NEWEST_VERSION)
    options = node.options
    cell = read_cell(node, graph, time_major=options.boolean(_TIME_MAJOR))
    if options.boolean(_DIAGONAL):
        raise refuse(node, graph, "diagonal recurrent weights cannot be generated")
    if cell.signature != "s8s8" and options.integer(_ACTIVATION, bits=8) != Activation.TANH:
        raise refuse(node, graph, "its activation must be tanh", "Use the LSTM layer of Keras with its defaults.")
    clip = options.real(_CELL_CLIP)
    if not (math.isfinite(clip) and clip >= 0):
        raise refuse(node, graph, f"its cell is clipped at {clip}")
    if max(cell.inputs, cell.cells) > MAX_TAPS:
        raise refuse(node, graph, f"a gate has more than {MAX_TAPS} weights of one kind")
    return Layer(
        node=node,
        inputs=(cell.source, cell.output_state, cell.cell_state, cell.input_weights[0], cell.recurrent_weights[0]),
        outputs=(cell.output,),
        signature=cell.signature,
        parameters=Parameters(
            cell=cell,
            clip=clip,
            integers=_integers(node, graph, cell, clip) if cell.signature == "s8s8" else None,
            weight_scales=_weight_scales(node, graph, cell) if cell.signature == "hybrid" else (),
            asymmetric=options.boolean(_ASYMMETRIC),
        ),
    )


def _weight_scales(node: Node, graph: Graph, cell: Cell) -> tuple[float, ...]:
    return tuple(_weight_scale(node, graph, w) for w in (*cell.input_weights, *cell.recurrent_weights))


def _weight_scale(node: Node, graph: Graph, weights: Tensor) -> float:
    q = weights.quantization
    if q is None or len(q.scales) != 1 or q.zero_points != (0,):
        raise refuse(node, graph, f"its weights (tensor {weights.index}) must have one scale and the zero point 0")
    return q.scales[0]


def _integers(node: Node, graph: Graph, cell: Cell, clip: float) -> Integers:
    """Work out the multipliers as the reference does: products and quotients of scales in single precision."""
    input_scale, input_zero = per_tensor(node, graph, cell.source)
    state_scale, state_zero = per_tensor(node, graph, cell.output_state)
    cell_scale = _power_of_two(node, graph, cell.cell_state)
    if len(node.intermediates) <= _HIDDEN or node.intermediates[_HIDDEN] == -1:
        raise refuse(node, graph, "it must have five intermediate tensors", "Convert the model again.")
    hidden_scale, hidden_zero = per_tensor(node, graph, graph.tensor(node.intermediates[_HIDDEN]))
    hidden = np.float32(2.0**-15 / float(np.float32(hidden_scale)) * 2.0**-15)

    def multipliers(weights: Sequence[Tensor], scale: float) -> tuple[Multiplier, ...]:
        scales = [np.float32(_weight_scale(node, graph, w)) for w in weights]
        return tuple(checked_multiplier(node, graph, float(s * np.float32(scale) / _GATE_SCALE)) for s in scales)

    return Integers(
        input_zero=input_zero,
        state_zero=state_zero,
        output_zero=hidden_zero,
        input_multipliers=multipliers(cell.input_weights, input_scale),
        recurrent_multipliers=multipliers(cell.recurrent_weights, state_scale),
        output_multiplier=checked_multiplier(node, graph, float(hidden)),
        cell_bits=15 + cell_scale,
        clip=min(_INT16_MAX, int(np.float32(clip) / np.float32(2.0**cell_scale))) if clip > 0 else 0,
    )


def _power_of_two(node: Node, graph: Graph, state: Tensor) -> int:
    """Return the exponent of the cell state's scale, for which the reference has a tanh: -15 to -9."""
    scale, _ = per_tensor(node, graph, state)
    fraction, exponent = math.frexp(scale)
    if fraction != 0.5 or not -15 <= exponent - 1 <= -9:
        raise refuse(node, graph, f"the scale {scale:g} of its cell state is no power of two from 2^-15 to 2^-9")
    return exponent - 1


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference: the four gates of each cell, once for each step."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    cell = parameters.cell
    return cell.steps * cell.batch * cell.cells * (GATES * (cell.inputs + cell.cells) + 3)


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel: the rows of the four gates of a cell stand one after the other."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    cell, integers = parameters.cell, parameters.integers
    numbers: dict[str, Number] = {
        "steps": cell.steps,
        "batch": cell.batch,
        "inputs": cell.inputs,
        "cells": cell.cells,
        "time_major": cell.time_major,
        "integer": integers is not None,
        "hybrid": layer.signature == "hybrid",
        "clip": integers.clip if integers is not None else parameters.clip,
    }
    constants = [
        Constant(name="input_weights", values=_by_cell(cell.input_weights), role="weights"),
        Constant(name="recurrent_weights", values=_by_cell(cell.recurrent_weights), role="weights"),
    ]
    biases = np.stack([_data(bias) for bias in cell.biases], axis=1)
    if integers is None:
        constants.append(Constant(name="bias", values=biases, role="weights"))
        if layer.signature == "hybrid":
            return _lower_hybrid(parameters, numbers, constants)
        return Lowered(template=_TEMPLATE, numbers=numbers, constants=tuple(constants))
    input_bias = _folded(biases, cell.input_weights, integers.input_zero)
    recurrent_bias = _folded(np.zeros_like(biases), cell.recurrent_weights, integers.state_zero)
    constants += [
        Constant(name="input_bias", values=input_bias, role="weights"),
        Constant(name="recurrent_bias", values=recurrent_bias, role="weights"),
    ]
    return Lowered(
        template=_TEMPLATE,
        numbers=numbers | _integer_numbers(integers),
        constants=tuple(constants),
        helpers=("clamp_s8", "requantize", "sigmoid_16"),
    )


def _lower_hybrid(parameters: Parameters, numbers: Mapping[str, Number], constants: Sequence[Constant]) -> Lowered:
    """Lower to sums of int8, for which input and state are quantized in each step."""
    cell = parameters.cell
    scales = np.array(parameters.weight_scales, np.float32)
    more = [Constant(name="scales", values=scales, role="requantization")]
    if parameters.asymmetric:
        more += [
            Constant(name="input_sums", values=_row_sums(cell.input_weights), role="weights"),
            Constant(name="recurrent_sums", values=_row_sums(cell.recurrent_weights), role="weights"),
        ]
    return Lowered(
        template=_TEMPLATE,
        numbers={**numbers, "asymmetric": parameters.asymmetric},
        constants=(*constants, *more),
        scratch_bytes=cell.inputs + cell.cells,
        helpers=("quantize_row_asymmetric",) if parameters.asymmetric else ("nearest_s8", "quantize_row"),
    )


def _integer_numbers(integers: Integers) -> dict[str, Number]:
    return {
        "input_multipliers": tuple(m.value for m in integers.input_multipliers),
        "input_shifts": tuple(m.shift for m in integers.input_multipliers),
        "recurrent_multipliers": tuple(m.value for m in integers.recurrent_multipliers),
        "recurrent_shifts": tuple(m.shift for m in integers.recurrent_multipliers),
        "output_multiplier": integers.output_multiplier.value,
        "output_shift": integers.output_multiplier.shift,
        "output_zero": integers.output_zero,
        "cell_bits": integers.cell_bits,
    }


def _data(tensor: Tensor) -> NDArray[np.generic]:
    assert tensor.data is not None
    return tensor.data


def _by_cell(weights: Sequence[Tensor]) -> NDArray[np.generic]:
    """Return weights [cell, gate, input]."""
    return np.stack([_data(w) for w in weights], axis=1)


def _row_sums(weights: Sequence[Tensor]) -> NDArray[np.int32]:
    """Return the sums [cell, gate] of the weights that one gate of a cell has."""
    sums: NDArray[np.int32] = _by_cell(weights).astype(np.int32).sum(axis=2, dtype=np.int32)
    return sums


def _folded(biases: NDArray[np.generic], weights: Sequence[Tensor], zero: int) -> NDArray[np.int32]:
    """Return biases [cell, gate] that take the zero point of what is multiplied into account, in 32 bits."""
    values = (biases.astype(np.int64) - zero * _row_sums(weights).astype(np.int64)) & 0xFFFF_FFFF
    wrapped: NDArray[np.int32] = values.astype(np.uint32).view(np.int32)
    return wrapped


_TEMPLATE = "ops/unidirectional_sequence_lstm/generic.c.j2"
VARIANTS = (
    Variant(
        name="generic",
        operator="UNIDIRECTIONAL_SEQUENCE_LSTM",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32", "hybrid"},
        lower=lower,
        cost=lambda layer: 4.0 * macs(layer) + 300.0 * layer.outputs[0].elements,
    ),
)
