# SPDX-License-Identifier: Apache-2.0
"""Kernels for vector instructions on the emulated Cortex-M55: every case that one accepts, all in one program."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.memory import scratch_buffer
from harness.ops import parse_layer, variants_of
from harness.passes import simplify
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import (
    EDGE_CHANNELS,
    Case,
    OperatorContract,
    differing_cases,
    single_operator,
    standard_feeds,
)
from harness.testing.tensors import activation, bias, constant, output_scale
from harness.tflite import read_model
from tests.ops.test_average_pool_2d import TestAveragePool2D as AveragePool2D
from tests.ops.test_conv_2d import TestConv2D as Conv2D
from tests.ops.test_max_pool_2d import TestMaxPool2D as MaxPool2D
from tests.ops.test_mean import TestMean as Mean
from tests.ops.variants.test_conv_2d_dsp import TestConv2DDsp as Conv2DDsp
from tests.ops.variants.test_depthwise_conv_2d_dsp import TestDepthwiseConv2DDsp as DepthwiseConv2DDsp
from tests.ops.variants.test_fully_connected_dsp import TestFullyConnectedDsp as FullyConnectedDsp

BOARD = "mps3_an547"
STEPS = 5


class DepthwiseConv2D(OperatorContract):
    """Slices that are not whole, pairs of pixels, columns of pixels, more taps than one pointer reaches."""

    operator = "DEPTHWISE_CONV_2D"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = (*EDGE_CHANNELS, 17, 8)[number % (len(EDGE_CHANNELS) + 2)]
        taps, stride = (
            ((3, 3), (1, 1)),
            ((3, 3), (2, 2)),
            ((5, 5), (1, 2)),
            ((15, 1), (1, 1)),
            ((1, 11), (1, 1)),
            ((2, 2), (3, 3)),
            ((1, 1), (2, 1)),
        )[number % 7]
        if depth == 8:  # two pixels in a vector
            stride = (stride[0], 1)
            taps = ((2, 2), (3, 3), (2, 4), (3, 5), (1, 1), (4, 2))[number % 6]
        same = number % 3 != 1
        extents = (max(taps[0], 4 + number % 5), 1 if taps == (15, 1) else max(taps[1], 6 + number % 4 // 3))
        if depth == 8:
            extents = (extents[0], 6 if same else taps[1] + 3)
        size = [
            -(-extent // step) if same else (extent - reach + step) // step
            for extent, reach, step in zip(extents, taps, stride, strict=True)
        ]
        source = activation(rng, dtype, (1, *extents, depth))
        weights = constant(rng, dtype, (1, *taps, depth), axis=3, per_channel=number % 2 == 0)
        reach = taps[0] * taps[1]
        output = activation(rng, dtype, (1, *size, depth), scale=output_scale(rng, source, weights, reach, number))
        tensors = [source, weights, output, bias(rng, source, weights, depth, reach)]
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "depthMultiplier": 1,
            "fusedActivationFunction": (0, 1, 3)[(number // 2) % 3],
        }
        options = "DepthwiseConv2DOptions"
        operator = OperatorSpec(
            op=self.operator, inputs=(0, 1, 3), outputs=(2,), options=options, fields=fields, version=3
        )
        return single_operator(operator, tensors, inputs=[0], output=2)


class Add(OperatorContract):
    """Ratios of scales at which rounding differs by sign, and numbers of elements that vectors do not divide."""

    operator = "ADD"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = (1, 5 + number % 3, 7, EDGE_CHANNELS[number % len(EDGE_CHANNELS)])
        first = activation(rng, dtype, shape)
        ratio = (1.0, 2.0, 0.5, 0.25, 1.0 / 3.0, 10.0 ** rng.uniform(-3.0, 3.0))[number % 6]
        second = activation(rng, dtype, shape, scale=first.scales[0] * ratio)
        largest = max(first.scales + second.scales)
        output = activation(rng, dtype, shape, scale=largest * float(10.0 ** rng.uniform(-1.0, 1.0)))
        inputs = [0, 1]
        if number % 4 == 3:
            values = rng.integers(-128, 128, size=shape).astype(np.int8)
            second = TensorSpec(
                shape=shape, dtype=dtype, data=values, scales=second.scales, zero_points=second.zero_points
            )
            inputs = [0]
        fields = {"fusedActivationFunction": number % 4}
        operator = OperatorSpec(op="ADD", inputs=(0, 1), outputs=(2,), options="AddOptions", fields=fields, version=2)
        return single_operator(operator, [first, second, output], inputs=inputs, output=2)


CONTRACTS: tuple[tuple[type[OperatorContract], int], ...] = (
    (Conv2D, 16),
    (Conv2DDsp, 24),
    (DepthwiseConv2D, 42),
    (DepthwiseConv2DDsp, 12),
    (FullyConnectedDsp, 24),
    (Add, 24),
    (AveragePool2D, 16),
    (MaxPool2D, 12),
    (Mean, 16),
)


def accepted(models: list[bytes]) -> list[Case]:
    """Render the models that a kernel for vectors accepts, with it."""
    features = load_board(BOARD).core.features
    cases: list[Case] = []
    for model in models:
        graph = simplify(read_model(model, name="case"))
        (node,) = graph.nodes
        layer = parse_layer(node, graph)
        if any(v.name == "mve" and v.accepts(layer, features) for v in variants_of(node.op)):
            plan = ((f"{node.op.lower()}_{node.index}", "mve"),)
            rendered = RUNTIME.render(model, load_board(BOARD), name=f"case_{len(cases)}", plan=plan)
            cases.append(Case(name=f"{node.op} {len(cases)}", model=model, rendered=poisoned(rendered)))
    return cases


def poisoned(rendered: RenderedModel) -> RenderedModel:
    """Return a model of one layer whose scratch is filled with noise before every inference."""
    sizes = [buffer.size_bytes for buffer in rendered.plan if buffer.name == scratch_buffer(0)]
    name, head = f"{rendered.prefix}.c", f"void {rendered.invoke_symbol}(void)\n{{\n"
    text = rendered.files[name]
    assert text.count(head) == 1
    fill = "".join(f"  memset(SCRATCH_0, 0x7d, {size});\n" for size in sizes)
    return dataclasses.replace(rendered, files={**rendered.files, name: text.replace(head, head + fill)})


def test_every_case_that_a_vector_kernel_accepts_equals_the_reference(tmp_path: Path) -> None:
    if reason := missing_tools(BOARD):
        pytest.skip(reason)
    cases = accepted([model for contract, count in CONTRACTS for model in contract().models("int8", count)])
    served = Counter(case.rendered.layers[0].op for case in cases)
    assert served["CONV_2D"] >= 24 + 6
    assert served["DEPTHWISE_CONV_2D"] >= 36 + 8
    assert served["FULLY_CONNECTED"] == 24
    assert served["ADD"] == 24
    assert served["AVERAGE_POOL_2D"] >= 6
    assert served["MAX_POOL_2D"] == 12
    assert served["MEAN"] >= 4
    sets = [standard_feeds(cases, step) for step in range(STEPS)]
    outputs = run_on_board(merge([case.rendered for case in cases]), BOARD, tmp_path, sets)
    differing = [differing_cases(cases, inputs, got) for inputs, got in zip(sets, outputs, strict=True)]
    assert differing == [{}] * STEPS


def test_products_that_two_weights_could_carry_beyond_16_bits_are_left_to_another_kernel() -> None:
    features = load_board(BOARD).core.features
    served = []
    for second in (-127, -128):
        source = activation(np.random.default_rng(1), "int8", (1, 1, 4, 1), scale=1.0)
        weights = TensorSpec(
            shape=(1, 1, 2, 1), dtype="int8", data=np.array([-128, second], np.int8).reshape(1, 1, 2, 1), scales=(1.0,)
        )
        output = activation(np.random.default_rng(1), "int8", (1, 1, 4, 1), scale=100.0)
        operator = OperatorSpec(
            op="DEPTHWISE_CONV_2D",
            inputs=(0, 1),
            outputs=(2,),
            options="DepthwiseConv2DOptions",
            fields={"padding": 0, "strideH": 1, "strideW": 1, "depthMultiplier": 1},
            version=3,
        )
        graph = read_model(single_operator(operator, [source, weights, output], inputs=[0], output=2), name="case")
        layer = parse_layer(graph.nodes[0], graph)
        served.append({v.name for v in variants_of(layer.node.op) if v.accepts(layer, features)})
    assert "mve" in served[0]
    assert "mve" not in served[1]
    assert "dsp" in served[1]
