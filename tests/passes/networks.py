# SPDX-License-Identifier: Apache-2.0
"""Random small int8 networks with channels that are dead, saturated or unread, and a graph as a model file again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Tensor
from harness.testing.models import OperatorSpec, TensorSpec, build_model

RELU = 1
SAME, VALID = 0, 1


@dataclass
class Network:
    """Tensors and operators so far; methods append an operator and return the number of its output."""

    rng: np.random.Generator
    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)

    def tensor(self, spec: TensorSpec) -> int:
        self.tensors.append(spec)
        return len(self.tensors) - 1

    def activation(self, *shape: int, scale: float = 0.05, zero: int = -128) -> int:
        return self.tensor(TensorSpec(shape=shape, scales=(scale,), zero_points=(zero,)))

    def shape(self, index: int) -> tuple[int, ...]:
        return self.tensors[index].shape

    def _apply(self, op: str, inputs: tuple[int, ...], output: int, options: str, **fields: Any) -> int:
        self.operators.append(OperatorSpec(op=op, inputs=inputs, outputs=(output,), options=options, fields=fields))
        return output

    def _filters(self, shape: tuple[int, ...], axis: int, source: int) -> tuple[int, int, float]:
        """Draw weights and bias, some filters dead or saturated; return them and a fitting scale of the output."""
        rng, channels = self.rng, shape[axis]
        weights = np.moveaxis(rng.integers(-127, 128, shape), axis, 0).reshape(channels, -1)
        scales = tuple(float(s) for s in rng.uniform(0.002, 0.01, channels))
        source_scale = self.tensors[source].scales[0]
        output_scale = source_scale * 0.006 * 75 * 75 * np.sqrt(weights.shape[1]) / 40
        bias = rng.integers(-2000, 2000, channels)
        for k in range(channels):
            whole_range = 300 * output_scale / (source_scale * scales[k])
            match rng.integers(0, 8):
                case 0:
                    weights[k], bias[k] = 0, 0
                case 1:
                    weights[k], bias[k] = 0, int(rng.uniform(-0.5, 0.5) * whole_range)
                case 2:
                    weights[k] //= 32
                    bias[k] = -int(3 * whole_range)
                case 3:
                    weights[k] //= 32
                    bias[k] = int(3 * whole_range)
        others = [extent for number, extent in enumerate(shape) if number != axis]
        weights = np.moveaxis(weights.reshape(channels, *others), 0, axis).astype(np.int8)
        return (
            self.tensor(TensorSpec(shape=shape, data=weights, scales=scales, axis=axis)),
            self.tensor(TensorSpec(shape=(channels,), dtype="int32", data=bias.astype(np.int32))),
            float(output_scale),
        )

    def conv(
        self,
        source: int,
        channels: int,
        taps: int,
        *,
        padding: int = SAME,
        stride: int = 1,
        relu: int = RELU,
        zero: int = -128,
    ) -> int:
        batch, height, width, depth = self.shape(source)
        weights, bias, scale = self._filters((channels, taps, taps, depth), 0, source)
        size = [-(-e // stride) if padding == SAME else (e - taps) // stride + 1 for e in (height, width)]
        output = self.activation(batch, *size, channels, scale=scale, zero=zero)
        return self._apply(
            "CONV_2D",
            (source, weights, bias),
            output,
            "Conv2DOptions",
            padding=padding,
            strideH=stride,
            strideW=stride,
            fusedActivationFunction=relu,
        )

    def depthwise(
        self, source: int, taps: int, *, padding: int = SAME, relu: int = RELU, zero: int = -128, multiplier: int = 1
    ) -> int:
        batch, height, width, depth = self.shape(source)
        weights, bias, scale = self._filters((1, taps, taps, depth * multiplier), 3, source)
        size = [e if padding == SAME else e - taps + 1 for e in (height, width)]
        output = self.activation(batch, *size, depth * multiplier, scale=scale, zero=zero)
        return self._apply(
            "DEPTHWISE_CONV_2D",
            (source, weights, bias),
            output,
            "DepthwiseConv2DOptions",
            padding=padding,
            strideH=1,
            strideW=1,
            depthMultiplier=multiplier,
            fusedActivationFunction=relu,
        )

    def add(self, first: int, second: int, *, relu: int = 0) -> int:
        scale = 2 * max(self.tensors[t].scales[0] for t in (first, second))
        output = self.activation(*self.shape(first), scale=scale, zero=int(self.rng.integers(-100, 100)))
        return self._apply("ADD", (first, second), output, "AddOptions", fusedActivationFunction=relu)

    def constant_like(self, source: int) -> int:
        data = self.rng.integers(-128, 128, self.shape(source)[-1:]).astype(np.int8)
        return self.tensor(TensorSpec(shape=data.shape, data=data, scales=(0.05,), zero_points=(3,)))

    def pool(self, source: int, op: str) -> int:
        batch, height, width, depth = self.shape(source)
        spec = self.tensors[source]
        output = self.tensor(replace(spec, shape=(batch, -(-height // 2), -(-width // 2), depth)))
        return self._apply(
            op, (source,), output, "Pool2DOptions", padding=SAME, strideH=2, strideW=2, filterHeight=2, filterWidth=2
        )

    def flatten(self, source: int) -> int:
        shape = (1, int(np.prod(self.shape(source))))
        output = self.tensor(replace(self.tensors[source], shape=shape))
        return self._apply("RESHAPE", (source,), output, "ReshapeOptions", newShape=shape)

    def dense(self, source: int, channels: int, *, zero: int = -128, relu: int = RELU, biased: bool = True) -> int:
        weights, bias, scale = self._filters((channels, self.shape(source)[-1]), 0, source)
        output = self.activation(1, channels, scale=scale, zero=zero)
        return self._apply(
            "FULLY_CONNECTED",
            (source, weights, bias if biased else -1),
            output,
            "FullyConnectedOptions",
            fusedActivationFunction=relu,
        )


def random_network(seed: int) -> Network:
    """Draw a network whose first tensor is its input and whose last operator's output is its output."""
    net = Network(np.random.default_rng((seed, 77)))
    rng = net.rng

    def zero() -> int:
        return -128 if rng.random() < 0.6 else int(rng.integers(-120, 120))

    last = net.activation(1, 6, 5, int(rng.integers(1, 4)), zero=int(rng.integers(-20, 20)))
    if net.shape(last)[3] == 1:
        last = net.depthwise(last, 3, multiplier=int(rng.integers(4, 9)), zero=zero())
    else:
        last = net.conv(last, int(rng.integers(4, 9)), 3, relu=int(rng.integers(0, 2)), zero=zero())
    for _ in range(int(rng.integers(2, 6))):
        relu = int(rng.integers(0, 2))
        padding = SAME if min(net.shape(last)[1:3]) < 3 else int(rng.integers(0, 2))
        match rng.integers(0, 7):
            case 0:
                last = net.conv(last, int(rng.integers(3, 9)), 1, relu=relu, zero=zero())
            case 1:
                last = net.conv(
                    last,
                    int(rng.integers(3, 9)),
                    3,
                    padding=padding,
                    relu=relu,
                    zero=zero(),
                    stride=int(rng.integers(1, 3)),
                )
            case 2 | 3:
                last = net.depthwise(last, 3, padding=padding, relu=relu, zero=zero())
            case 4:
                last = net.pool(last, str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])))
            case 5:
                last = net.add(last, net.constant_like(last), relu=relu)
            case 6:
                other = net.conv(last, net.shape(last)[3], 1, relu=relu, zero=zero())
                last = net.add(last, other) if rng.random() < 0.5 else net.add(other, last, relu=relu)
    net.dense(
        net.dense(net.flatten(last), 6, zero=zero(), biased=rng.random() < 0.6),
        4,
        biased=rng.random() < 0.5,
        zero=zero(),
        relu=0,
    )
    return net


def model_of(net: Network) -> bytes:
    """Return the network as a model file."""
    return build_model(net.tensors, net.operators, inputs=(0,), outputs=net.operators[-1].outputs)


def rewritten_model(graph: Graph, operators: list[OperatorSpec]) -> bytes:
    """Return a graph that passes have rewritten as a model file, its operators' options being those of before."""
    numbers = sorted(graph.tensors)
    place = {number: position for position, number in enumerate(numbers)} | {-1: -1}
    specs = [_spec(graph.tensor(number)) for number in numbers]
    calls = []
    for node in graph.nodes:
        old = operators[node.index]
        fields = {"newShape": graph.tensor(node.outputs[0]).shape} if node.op == "RESHAPE" else old.fields
        inputs, outputs = (tuple(place[i] for i in ports) for ports in (node.inputs, node.outputs))
        calls.append(replace(old, inputs=inputs, outputs=outputs, fields=fields))
    ports = [tuple(place[i] for i in indices) for indices in (graph.inputs, graph.outputs)]
    return build_model(specs, calls, inputs=ports[0], outputs=ports[1])


def _spec(tensor: Tensor) -> TensorSpec:
    q = tensor.quantization
    data: NDArray[np.generic] | None = tensor.data
    return TensorSpec(
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        data=data,
        scales=q.scales if q is not None else (),
        zero_points=q.zero_points if q is not None else (),
        axis=q.axis if q is not None else 0,
    )
