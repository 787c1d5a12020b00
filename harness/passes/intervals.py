# SPDX-License-Identifier: Apache-2.0
"""Between which values every channel of an int8 model can lie, whatever its inputs: found without running it.

A channel is an index of a tensor's last dimension. Bounds go through bias, requantization and clamp in the exact
arithmetic of the kernels, all of whose steps are monotone: the bounds of the result are the results of the bounds.
What an operator cannot be followed through may be any int8 value, which is always true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.errors import UnsupportedModel
from harness.graph import DType, Graph, Node, Tensor
from harness.ops import Layer, parse_layer
from harness.ops import conv_2d as conv_op
from harness.ops import depthwise_conv_2d as depthwise_op
from harness.ops import fully_connected as connected_op
from harness.ops._binary import Parameters as BinaryParameters
from harness.ops._pool_2d import Parameters as PoolParameters
from harness.ops._quantized import INT8_MAX, INT8_MIN, Multiplier, Range
from harness.ops._window import Axis, Window

Values: TypeAlias = NDArray[np.int64]

_ELEMENTS_AT_ONCE = 1 << 18  # of weights, widened: large layers take no more memory than that
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Lowest and highest value of each channel."""

    low: Values
    high: Values

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which channels can hold one value only."""
        return np.asarray(self.low == self.high)


def channel_intervals(graph: Graph) -> tuple[Mapping[int, Interval], Mapping[int, Layer]]:
    """Return the intervals of all int8 tensors that are computed, and the layers that were followed, by node number."""
    found = {index: _any_value(graph.tensor(index)) for index in graph.inputs}
    layers: dict[int, Layer] = {}
    for node in graph.nodes:
        layer = _followed(node, graph)
        if layer is not None and all(t is None or t.data is not None or t.index in found for t in layer.inputs):
            layers[node.index] = layer
            found[node.outputs[0]] = _RULES[node.op](layer, found)
        else:
            found.update({index: _any_value(graph.tensor(index)) for index in node.outputs})
    return {index: interval for index, interval in found.items() if graph.tensor(index).dtype is DType.INT8}, layers


def _followed(node: Node, graph: Graph) -> Layer | None:
    if node.op not in _RULES:
        return None
    try:
        layer = parse_layer(node, graph)
    except UnsupportedModel:  # said again, to the user, where the layer is generated
        return None
    dense = layer.signature == "s8s8" and layer.weight_format == "dense" and len(layer.outputs[0].shape) > 0
    return layer if dense else None


def _any_value(tensor: Tensor) -> Interval:
    channels = tensor.shape[-1] if tensor.shape else 1
    return Interval(low=np.full(channels, INT8_MIN, np.int64), high=np.full(channels, INT8_MAX, np.int64))


def _of(layer: Layer, position: int, found: Mapping[int, Interval]) -> Interval:
    """Return the interval of an operand; a constant's is that of its values."""
    tensor = layer.inputs[position]
    assert tensor is not None
    if tensor.data is None:
        return found[tensor.index]
    rows = tensor.data.astype(np.int64).reshape(-1, tensor.shape[-1] if tensor.shape else 1)
    return Interval(low=rows.min(axis=0), high=rows.max(axis=0))


def _weights(layer: Layer) -> NDArray[np.int8]:
    tensor = layer.inputs[1]
    assert tensor is not None
    assert tensor.data is not None
    return tensor.data.astype(np.int8, copy=False).reshape(tensor.shape)


def _bias(layer: Layer, channels: int) -> Values:
    tensor = layer.inputs[2]
    return np.zeros(channels, np.int64) if tensor is None or tensor.data is None else tensor.data.astype(np.int64)


def _conv_2d(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    parameters = layer.parameters
    assert isinstance(parameters, conv_op.Parameters)
    weights, source = _weights(layer), _of(layer, 0, found)
    low, high = source.low - parameters.input_zero, source.high - parameters.input_zero
    taps = []
    for group, filters in enumerate(np.split(weights, parameters.groups)):
        depth = filters.shape[3]
        channels = slice(group * depth, (group + 1) * depth)
        taps.append(_products(filters, low[channels], high[channels]))
    tap_low, tap_high = (np.concatenate([pair[side] for pair in taps]) for side in (0, 1))
    bounds = _over_positions(tap_low, tap_high, parameters.window, _bias(layer, len(weights)))
    return _requantized(*bounds, parameters.multipliers, parameters.output_zero, parameters.range)


def _depthwise_conv_2d(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    parameters = layer.parameters
    assert isinstance(parameters, depthwise_op.Parameters)
    weights, source = _weights(layer)[0], _of(layer, 0, found)
    low, high = (np.repeat(v - parameters.input_zero, parameters.multiplier) for v in (source.low, source.high))
    ends = np.stack([weights * low, weights * high])
    tap_low, tap_high = (np.moveaxis(values, 2, 0) for values in (ends.min(axis=0), ends.max(axis=0)))
    bounds = _over_positions(tap_low, tap_high, parameters.window, _bias(layer, weights.shape[2]))
    return _requantized(*bounds, parameters.multipliers, parameters.output_zero, parameters.range)


def _fully_connected(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    parameters = layer.parameters
    assert isinstance(parameters, connected_op.Parameters)
    weights, source = _weights(layer), _of(layer, 0, found)
    channels, depth = weights.shape
    if len(source.low) != depth:  # the last dimension is not what a row of weights goes over
        source = Interval(low=np.full(depth, source.low.min()), high=np.full(depth, source.high.max()))
    low, high = _products(weights, source.low - parameters.input_zero, source.high - parameters.input_zero)
    bias = _bias(layer, channels)
    found_range = _requantized(
        low + bias, high + bias, parameters.multipliers, parameters.output_zero, parameters.range, once=True
    )
    return found_range if layer.outputs[0].shape[-1] == channels else _any_value(layer.outputs[0])


def _products(weights: NDArray[np.int8], low: Values, high: Values) -> tuple[Values, Values]:
    """Bound the products of weights, summed over their last dimension; exact in double, being far below 2**53."""
    rows = weights.reshape(-1, weights.shape[-1])
    ends = np.stack([low, high], axis=1).astype(np.float64)
    bounds = np.empty((2, len(rows)), np.int64)
    together = max(_ELEMENTS_AT_ONCE // rows.shape[1], 1)
    for start in range(0, len(rows), together):
        block = slice(start, start + together)
        positive, negative = (side(rows[block], 0).astype(np.float64) for side in (np.maximum, np.minimum))
        bounds[:, block] = (positive @ ends + negative @ ends[:, ::-1]).T
    return bounds[0].reshape(weights.shape[:-1]), bounds[1].reshape(weights.shape[:-1])


def _over_positions(low: Values, high: Values, window: Window, bias: Values) -> tuple[Values, Values]:
    """Bound the sums [channel] of taps [channel, row, column] over all positions of the window, padding left out."""
    lows, highs = [], []
    for rows, columns in product(_tap_sets(window.height), _tap_sets(window.width)):
        inside = np.ix_(range(len(low)), rows, columns)
        lows.append(low[inside].sum(axis=(1, 2)) + bias)
        highs.append(high[inside].sum(axis=(1, 2)) + bias)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _tap_sets(axis: Axis) -> set[tuple[int, ...]]:
    """Return the sets of taps that lie inside the input, over all positions in one direction."""
    starts = (position * axis.stride - axis.pad for position in range(axis.output))
    return {
        tuple(tap for tap in range(axis.filter) if 0 <= start + tap * axis.dilation < axis.input) for start in starts
    }


def _add(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    parameters = layer.parameters
    assert isinstance(parameters, BinaryParameters)
    n = {name: value for name, value in parameters.numbers.items() if isinstance(value, int)}

    def scaled(values: Values, operand: str) -> Values:
        return rescale((values + n[f"{operand}_offset"]) << n["left_shift"], operand)

    def rescale(values: Values, which: str) -> Values:
        return _rescale(values, Multiplier(value=n[f"{which}_multiplier"], shift=n[f"{which}_shift"]))

    a, b = (_of(layer, position, found) for position in (0, 1))
    channels = layer.outputs[0].shape[-1]
    low, high = (
        np.broadcast_to(rescale(scaled(x, "first") + scaled(y, "second"), "output"), channels) + n["output_zero"]
        for x, y in ((a.low, b.low), (a.high, b.high))
    )
    return _clamped(low, high, Range(low=n["low"], high=n["high"]))


def _pool(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    """A mean or a maximum of values lies between them; the padding is left out."""
    parameters, source = layer.parameters, _of(layer, 0, found)
    assert isinstance(parameters, PoolParameters)
    return _clamped(source.low, source.high, parameters.range)


def _reshape(layer: Layer, found: Mapping[int, Interval]) -> Interval:
    source, output = layer.inputs[0], layer.outputs[0]
    assert source is not None
    interval = _of(layer, 0, found)
    shape = source.shape or (1,)
    low, high = (np.broadcast_to(v, shape).reshape(-1, output.shape[-1]) for v in (interval.low, interval.high))
    return Interval(low=low.min(axis=0), high=high.max(axis=0))


def _requantized(
    low: Values, high: Values, multipliers: tuple[Multiplier, ...], zero: int, limits: Range, *, once: bool = False
) -> Interval:
    """Bring bounds of sums to the output's numbers; where 32 bits could overflow, any output is possible."""
    per_channel = multipliers if len(multipliers) == len(low) else multipliers * len(low)
    ends = []
    safe = np.ones(len(low), np.bool_)
    for sums in (low, high):
        safe &= (sums >= _INT32_MIN) & (sums <= _INT32_MAX)
        clipped = np.clip(sums, _INT32_MIN, _INT32_MAX)
        rescale = _rescale_once if once else _rescale
        lifted = np.array(
            [int(value) << max(0, 0 if once else m.shift) for value, m in zip(clipped, per_channel, strict=True)]
        )
        fits = (lifted >= _INT32_MIN) & (lifted <= _INT32_MAX)
        inside = np.where(fits, clipped, 0)  # the product of any other could overflow 64 bits
        scaled = np.array([rescale(value, m) for value, m in zip(inside, per_channel, strict=True)], np.int64)
        safe &= fits & (scaled + zero >= _INT32_MIN) & (scaled + zero <= _INT32_MAX)
        ends.append(scaled + zero)
    found = _clamped(ends[0], ends[1], limits)
    return Interval(low=np.where(safe, found.low, int(limits.low)), high=np.where(safe, found.high, int(limits.high)))


def _clamped(low: Values, high: Values, limits: Range) -> Interval:
    return Interval(
        low=np.clip(low, int(limits.low), int(limits.high)), high=np.clip(high, int(limits.low), int(limits.high))
    )


def _rescale(values: Values, multiplier: Multiplier) -> Values:
    """Scale, rounding after the product and after a shift to the right, halves away from zero there."""
    product_ = ((values << max(multiplier.shift, 0)) * multiplier.value + (1 << 30)) >> 31
    right = max(-multiplier.shift, 0)
    if right == 0:
        return product_
    return (product_ + (1 << (right - 1)) - (product_ < 0)) >> right


def _rescale_once(values: Values, multiplier: Multiplier) -> Values:
    """Scale, rounding once, halves up."""
    shift = 31 - multiplier.shift
    return (values * multiplier.value + (1 << (shift - 1))) >> shift


_RULES: Mapping[str, Callable[[Layer, Mapping[int, Interval]], Interval]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "MAX_POOL_2D": _pool,
    "RESHAPE": _reshape,
}
