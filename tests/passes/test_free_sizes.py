# SPDX-License-Identifier: Apache-2.0
"""Sizes that the file leaves open beside the batch are found, or refused, and are those of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.errors import UnsupportedModel
from harness.passes import simplify
from harness.tflite import read_model
from tests.passes.interpreted import invoked
from tests.tflite.build import buffer_of, code_of, model_of, operator_of, pack, reshape_options, tensor_of


def _dense_over_positions() -> Any:
    """Return what the converter makes of a dense layer over (batch, 2, 3, 4), its batch free: sizes are not known."""
    shape_options, packed = schema.ShapeOptionsT(), schema.PackOptionsT()
    shape_options.outType = schema.TensorType.INT32
    packed.valuesCount = 2
    return model_of(
        tensors=[
            tensor_of("in", (1, 2, 3, 4), "FLOAT32", signature=(-1, 2, 3, 4)),
            tensor_of("shape", (4,), "INT32"),
            tensor_of("last", (1,), "INT32", buffer=1),
            tensor_of("depth", (1,), "INT32"),
            tensor_of("zero", (1,), "INT32", buffer=2),
            tensor_of("columns", (), "INT32"),
            tensor_of("front", (3,), "INT32", buffer=3),
            tensor_of("outer", (3,), "INT32"),
            tensor_of("rows", (), "INT32"),
            tensor_of("matrix", (2,), "INT32"),
            tensor_of("units", (1,), "INT32", buffer=4),
            tensor_of("wanted", (4,), "INT32"),
            tensor_of("flat", (1, 1), "FLOAT32", signature=(-1, -1)),
            tensor_of("weights", (5, 4), "FLOAT32", buffer=5),
            tensor_of("product", (1, 5), "FLOAT32", signature=(-1, 5)),
            tensor_of("out", (1, 2, 3, 5), "FLOAT32", signature=(-1, 2, 3, 5)),
        ],
        operators=[
            operator_of(0, (0,), (1,), ("ShapeOptions", shape_options)),
            operator_of(1, (1, 2), (3,), ("GatherOptions", schema.GatherOptionsT())),
            operator_of(2, (3, 4), (5,), ("ReducerOptions", schema.ReducerOptionsT())),
            operator_of(1, (1, 6), (7,), ("GatherOptions", schema.GatherOptionsT())),
            operator_of(2, (7, 4), (8,), ("ReducerOptions", schema.ReducerOptionsT())),
            operator_of(3, (8, 5), (9,), ("PackOptions", packed)),
            operator_of(4, (7, 10), (11,), ("ConcatenationOptions", schema.ConcatenationOptionsT())),
            operator_of(5, (0, 9), (12,), reshape_options(())),
            operator_of(6, (12, 13, -1), (14,), ("FullyConnectedOptions", schema.FullyConnectedOptionsT())),
            operator_of(5, (14, 11), (15,), reshape_options(())),
        ],
        codes=[
            code_of(name)
            for name in ("SHAPE", "GATHER", "REDUCE_PROD", "PACK", "CONCATENATION", "RESHAPE", "FULLY_CONNECTED")
        ],
        inputs=(0,),
        outputs=(15,),
        buffers=[
            buffer_of([3], "int32"),
            buffer_of([0], "int32"),
            buffer_of([0, 1, 2], "int32"),
            buffer_of([5], "int32"),
            buffer_of([k / 8 for k in range(20)], "float32"),
        ],
    )


def test_the_rows_of_a_dense_layer_over_several_dimensions_are_found() -> None:
    data = pack(_dense_over_positions())
    assert read_model(data, name="dense").tensor(12).free
    graph = simplify(read_model(data, name="dense"))
    assert [node.op for node in graph.nodes] == ["RESHAPE", "FULLY_CONNECTED", "RESHAPE"]


def _behind_an_upsampling() -> Any:
    """Return what the converter makes of UpSampling2D in Keras 3, its batch free: the height is not known behind it."""
    shape_options = schema.ShapeOptionsT()
    shape_options.outType = schema.TensorType.INT32
    conv, depthwise, pool = schema.Conv2DOptionsT(), schema.DepthwiseConv2DOptionsT(), schema.Pool2DOptionsT()
    conv.padding, conv.strideH, conv.strideW = schema.Padding.SAME, 2, 1
    depthwise.padding, depthwise.strideH, depthwise.strideW = schema.Padding.VALID, 1, 1
    depthwise.depthMultiplier = 1
    pool.padding, pool.strideH, pool.strideW, pool.filterHeight, pool.filterWidth = schema.Padding.VALID, 1, 2, 2, 2
    joined, cropped = schema.ConcatenationOptionsT(), schema.StridedSliceOptionsT()
    joined.axis, cropped.endMask = 3, 0b1101

    def unknown(name: str, width: int, depth: int) -> Any:
        return tensor_of(name, (1, 1, width, depth), "FLOAT32", signature=(-1, -1, width, depth))

    return model_of(
        tensors=[
            tensor_of("in", (1, 9, 6, 2), "FLOAT32", signature=(-1, 9, 6, 2)),
            tensor_of("shape", (4,), "INT32"),
            tensor_of("begin", (1,), "INT32", buffer=1),
            tensor_of("end", (1,), "INT32", buffer=2),
            tensor_of("stride", (1,), "INT32", buffer=3),
            tensor_of("front", (2,), "INT32"),
            tensor_of("back", (2,), "INT32", buffer=4),
            tensor_of("wanted", (4,), "INT32"),
            unknown("repeated", 6, 2),
            tensor_of("filter", (2, 3, 3, 2), "FLOAT32", buffer=5),
            unknown("conv", 6, 2),
            unknown("pooled", 3, 2),
            tensor_of("paddings", (4, 2), "INT32", buffer=6),
            unknown("padded", 6, 2),
            unknown("bent", 6, 2),
            unknown("joined", 6, 4),
            tensor_of("taps", (1, 2, 1, 4), "FLOAT32", buffer=7),
            unknown("depthwise", 6, 4),
            tensor_of("twice", (4,), "INT32", buffer=8),
            unknown("out", 12, 4),
            tensor_of("bias", (2,), "FLOAT32", buffer=9),
            tensor_of("biases", (4,), "FLOAT32", buffer=10),
            *(tensor_of(name, (4,), "INT32", buffer=11 + k) for k, name in enumerate(("first", "last", "steps"))),
            unknown("cropped", 5, 4),
            tensor_of("least", (), "FLOAT32", buffer=14),
            tensor_of("above", (1, 1, 5, 4), "BOOL", signature=(-1, -1, 5, 4)),
            unknown("chosen", 5, 4),
            tensor_of("last axis", (1,), "INT32", buffer=15),
            tensor_of("highest", (1, 1, 5), "FLOAT32", signature=(-1, -1, 5)),
        ],
        operators=[
            operator_of(0, (0,), (1,), ("ShapeOptions", shape_options)),
            operator_of(1, (1, 2, 3, 4), (5,), ("StridedSliceOptions", schema.StridedSliceOptionsT())),
            operator_of(2, (5, 6), (7,), ("ConcatenationOptions", schema.ConcatenationOptionsT())),
            operator_of(3, (0, 7), (8,), reshape_options(())),
            operator_of(4, (8, 9, 20), (10,), ("Conv2DOptions", conv)),
            operator_of(5, (10,), (11,), ("Pool2DOptions", pool)),
            operator_of(6, (11, 12), (13,), ("PadOptions", schema.PadOptionsT())),
            operator_of(7, (13,), (14,)),
            operator_of(2, (14, 13), (15,), ("ConcatenationOptions", joined)),
            operator_of(8, (15, 16, 21), (17,), ("DepthwiseConv2DOptions", depthwise)),
            operator_of(9, (17, 18), (19,)),
            operator_of(1, (19, 22, 23, 24), (25,), ("StridedSliceOptions", cropped)),
            operator_of(10, (25, 26), (27,), ("GreaterOptions", schema.GreaterOptionsT())),
            operator_of(11, (27, 25, 26), (28,), ("SelectV2Options", schema.SelectV2OptionsT())),
            operator_of(12, (28, 29), (30,), ("ReducerOptions", schema.ReducerOptionsT())),
        ],
        codes=[
            code_of(name)
            for name in (
                *("SHAPE", "STRIDED_SLICE", "CONCATENATION", "RESHAPE", "CONV_2D", "MAX_POOL_2D", "PAD", "TANH"),
                *("DEPTHWISE_CONV_2D", "TILE", "GREATER", "SELECT_V2", "REDUCE_MAX"),
            )
        ],
        inputs=(0,),
        outputs=(30,),
        buffers=[
            *(buffer_of([n], "int32") for n in (0, 2, 1)),
            buffer_of([6, 2], "int32"),
            buffer_of([k / 8 for k in range(36)], "float32"),
            buffer_of([0, 0, 0, 1, 1, 2, 0, 0], "int32"),
            buffer_of([k / 8 for k in range(8)], "float32"),
            buffer_of([1, 1, 2, 1], "int32"),
            buffer_of([0.5, -0.5], "float32"),
            buffer_of([0.5, -0.5, 1.0, 0.0], "float32"),
            *(buffer_of(numbers, "int32") for numbers in ([0, 1, 2, 0], [0, -1, 0, 0], [1, 1, 2, 1])),
            buffer_of([0.25], "float32"),
            buffer_of([-1], "int32"),
        ],
    )


@pytest.mark.parametrize("build", [_dense_over_positions, _behind_an_upsampling])
def test_sizes_behind_a_free_batch_are_those_of_the_interpreter(build: Callable[[], Any]) -> None:
    data = pack(build())
    graph = simplify(read_model(data, name="free"))
    interpreter = invoked(data)
    for node in graph.nodes:
        tensor = graph.tensor(node.outputs[0])
        assert not tensor.free
        assert tensor.shape == interpreter.get_tensor(tensor.index).shape, tensor.name


@pytest.mark.parametrize("index", [0, 12])
def test_a_size_that_only_running_tells_is_refused(index: int) -> None:
    model = _dense_over_positions()
    model.subgraphs[0].tensors[index].shapeSignature = [-1] * len(model.subgraphs[0].tensors[index].shape)
    model.buffers[1].data = buffer_of([9], "int32").data  # the depth is taken from where there is none
    with pytest.raises(UnsupportedModel, match="has free dimensions beside the batch"):
        simplify(read_model(pack(model), name="free"))
