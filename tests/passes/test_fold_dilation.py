# SPDX-License-Identifier: Apache-2.0
"""Dilated convolutions as TensorFlow writes them: folded where that is exact, executed as three operators elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.passes import simplify
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.tflite import read_model
from tests.ops.moving import numbers

HOST = load_board("host")


@dataclass(frozen=True, kw_only=True)
class Dilated:
    """A convolution of a 9 x 7 image by 3 x 3 taps between blocks, with what may be changed about it."""

    op: str = "CONV_2D"
    dtype: str = "int8"
    block: tuple[int, int] = (2, 2)
    padding: tuple[int, int, int, int] = (2, 3, 2, 3)
    crops: tuple[int, int, int, int] = (0, 1, 0, 1)
    rescaled: bool = False
    shown: bool = False
    stored_batch: int = 1
    largest_weight: float = 1.0
    hybrid: bool = False  # weights of int8 beside floats

    def model(self) -> bytes:
        rng = np.random.default_rng(5)
        size = [9 + sum(self.padding[:2]), 7 + sum(self.padding[2:])]
        inner = [extent // step for extent, step in zip(size, self.block, strict=True)]
        swept = [extent - 2 for extent in inner]
        grown = [extent * step for extent, step in zip(swept, self.block, strict=True)]
        result = [grown[0] - sum(self.crops[:2]), grown[1] - sum(self.crops[2:])]
        channels = 3 if self.op == "CONV_2D" else 2
        values = rng.normal(size=(channels, 3, 3, 2) if self.op == "CONV_2D" else (1, 3, 3, 2))
        weights = TensorSpec(shape=values.shape, dtype=self.dtype, data=values.astype(np.float32))
        if self.dtype == "int8" or self.hybrid:
            data = np.clip(values * 50, -127, 127).astype(np.int8)
            scales = (0.02,) * (2 if self.hybrid and self.op != "CONV_2D" else 1)  # the reference reads one a channel
            weights = TensorSpec(shape=values.shape, dtype="int8", data=data, scales=scales, axis=3 * (len(scales) > 1))
        else:
            assert weights.data is not None
            weights.data.flat[4] = self.largest_weight
        batch = self.stored_batch

        def tensor(shape: tuple[int, ...], scale: float) -> TensorSpec:
            zero = 7 if scale == 0.1 else -5
            quantized = {"scales": (scale,), "zero_points": (zero,)} if self.dtype == "int8" else {}
            return TensorSpec(shape=shape, dtype=self.dtype, **quantized)  # type: ignore[arg-type]

        tensors = [
            tensor((1, 9, 7, 2), 0.2 if self.rescaled else 0.1),
            tensor((batch, *inner, 2), 0.1),
            weights,
            tensor((batch, *swept, channels), 0.3),
            tensor((1, *result, channels), 0.3),
            numbers(*self.block),
            numbers(*self.padding, shape=(2, 2)),
            numbers(*self.crops, shape=(2, 2)),
            TensorSpec(
                shape=(channels,),
                dtype="int32" if self.dtype == "int8" else "float32",
                data=np.arange(channels, dtype=np.int32 if self.dtype == "int8" else np.float32),
                scales=(0.002,) if self.dtype == "int8" else (),
            ),
        ]
        options = "Conv2DOptions" if self.op == "CONV_2D" else "DepthwiseConv2DOptions"
        fields: dict[str, int] = {"padding": 1, "strideH": 1, "strideW": 1}
        if self.op != "CONV_2D":
            fields["depthMultiplier"] = 1
        operators = [
            OperatorSpec(op="SPACE_TO_BATCH_ND", inputs=(0, 5, 6), outputs=(1,), version=2),
            OperatorSpec(op=self.op, inputs=(1, 2, 8), outputs=(3,), options=options, fields=fields, version=3),
            OperatorSpec(op="BATCH_TO_SPACE_ND", inputs=(3, 5, 7), outputs=(4,), version=2),
        ]
        return build_model(tensors, operators, inputs=[0], outputs=[4, 3] if self.shown else [4])


def check(model: bytes, folder: Path) -> RenderedModel:
    """Render a model, run it on the host and compare all layers and outputs with the reference."""
    rendered = RUNTIME.render(model, HOST, name="net")
    port = rendered.inputs[0]
    sets = [[array] for _, array in standard_inputs(port.dtype, port.shape, port.zero_point, count=6)]
    golden = Golden(model)
    for inputs, run in zip(sets, build_host(rendered, folder).run(sets), strict=True):
        wanted = golden.tensors(inputs, [layer.output.tensor for layer in rendered.layers])
        for layer, got in zip(rendered.layers, run.layers, strict=True):
            assert compare(got, wanted[layer.output.tensor]).equal, layer.name
        for got, whole in zip(run.outputs, golden.outputs(inputs), strict=True):
            assert compare(got, whole).equal
    return rendered


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_a_dilated_convolution_is_one_layer_that_keeps_all_numbers(op: str, dtype: str, tmp_path: Path) -> None:
    (layer,) = check(Dilated(op=op, dtype=dtype).model(), tmp_path).layers
    assert (layer.op, layer.node, layer.fused) == (op, 1, (0, 1, 2))


def test_the_generated_function_names_all_operators_that_it_stands_for() -> None:
    rendered = RUNTIME.render(Dilated().model(), HOST, name="net")
    assert "/* CONV_2D, operators 0, 1, 2 of the model: 1x9x7x2 int8 to 1x9x7x3. */" in rendered.files["net.c"]


def test_without_padding_it_is_folded_too(tmp_path: Path) -> None:
    valid = Dilated(block=(2, 1), padding=(0, 1, 0, 0), crops=(0, 1, 0, 0))
    assert [layer.op for layer in check(valid.model(), tmp_path).layers] == ["CONV_2D"]


@pytest.mark.parametrize(
    "case",
    [
        Dilated(rescaled=True),
        Dilated(shown=True),
        Dilated(crops=(1, 0, 0, 1)),
        Dilated(padding=(4, 1, 2, 3)),
        Dilated(dtype="float32", largest_weight=float("inf")),
        Dilated(dtype="float32", hybrid=True),
    ],
    ids=["another scale", "an output", "cropped elsewhere", "padded elsewhere", "infinite weights", "hybrid"],
)
def test_where_one_layer_would_differ_all_three_are_executed(case: Dilated) -> None:
    graph = simplify(read_model(case.model(), name="net"))
    assert [node.op for node in graph.nodes] == ["SPACE_TO_BATCH_ND", case.op, "BATCH_TO_SPACE_ND"]


@pytest.mark.parametrize("batch", [1, 4])
def test_three_layers_with_a_right_or_a_wrong_stored_batch_equal_the_reference(batch: int, tmp_path: Path) -> None:
    rendered = check(Dilated(crops=(1, 0, 0, 1), stored_batch=batch).model(), tmp_path)
    assert [layer.output.shape[0] for layer in rendered.layers] == [4, 4, 1]


@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_each_image_of_a_dilated_hybrid_layer_is_quantized_by_itself(op: str, tmp_path: Path) -> None:
    check(Dilated(op=op, dtype="float32", hybrid=True).model(), tmp_path)
