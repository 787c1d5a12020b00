# SPDX-License-Identifier: Apache-2.0
"""Shapes computed on the host are those that the interpreter computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness.errors import UnsupportedModel
from harness.passes import simplify
from harness.passes.fold_shapes import fold_shapes
from harness.tflite import read_model
from tests.tflite.build import buffer_of, code_of, model_of, operator_of, pack, reshape_options, tensor_of

_SHAPE, _SLICE, _PACK, _RESHAPE, _ADD = range(5)


def _slice_options(**masks: int) -> tuple[str, Any]:
    options = schema.StridedSliceOptionsT()
    for name, value in masks.items():
        setattr(options, name, value)
    return "StridedSliceOptions", options


def _pack_options(axis: int = 0) -> tuple[str, Any]:
    options = schema.PackOptionsT()
    options.valuesCount, options.axis = 2, axis
    return "PackOptions", options


def _model_with_a_free_batch() -> Any:
    """Return what the converter makes of a Flatten behind a free batch: SHAPE, STRIDED_SLICE, PACK, RESHAPE."""
    shape_options = schema.ShapeOptionsT()
    shape_options.outType = schema.TensorType.INT32
    return model_of(
        tensors=[
            tensor_of("in", (1, 2, 3), "FLOAT32", signature=(-1, 2, 3)),
            tensor_of("shape", (3,), "INT32"),
            tensor_of("begin", (1,), "INT32", buffer=1),
            tensor_of("end", (1,), "INT32", buffer=2),
            tensor_of("stride", (1,), "INT32", buffer=2),
            tensor_of("batch", (), "INT32"),
            tensor_of("six", (), "INT32", buffer=3),
            tensor_of("wanted", (2,), "INT32"),
            tensor_of("out", (1, 6), "FLOAT32", signature=(-1, 6)),
        ],
        operators=[
            operator_of(_SHAPE, (0,), (1,), ("ShapeOptions", shape_options)),
            operator_of(_SLICE, (1, 2, 3, 4), (5,), _slice_options(shrinkAxisMask=1)),
            operator_of(_PACK, (5, 6), (7,), _pack_options()),
            operator_of(_RESHAPE, (0, 7), (8,), reshape_options(())),
        ],
        codes=[code_of(name) for name in ("SHAPE", "STRIDED_SLICE", "PACK", "RESHAPE", "ADD")],
        inputs=(0,),
        outputs=(8,),
        buffers=[buffer_of([0], "int32"), buffer_of([1], "int32"), buffer_of([6], "int32")],
    )


def test_the_shape_computation_of_a_free_batch_becomes_a_constant() -> None:
    graph = simplify(read_model(pack(_model_with_a_free_batch()), name="free"))
    assert [(node.op, node.index) for node in graph.nodes] == [("RESHAPE", 3)]
    wanted = graph.tensor(7).data
    assert wanted is not None
    assert wanted.tolist() == [1, 6]
    assert not wanted.flags.writeable
    assert set(graph.tensors) == {0, 7, 8}


@pytest.mark.parametrize(
    ("begin", "end", "stride", "masks", "length"),
    [
        (0, 1, 1, {"shrinkAxisMask": 1}, None),
        (2, 3, 1, {"shrinkAxisMask": 1}, None),
        (-1, 0, 1, {"shrinkAxisMask": 1}, None),
        (2, 3, 1, {"shrinkAxisMask": 1, "beginMask": 1}, None),
        (1, 3, 1, {}, 2),
        (0, 9, 2, {}, 2),
        (-2, -1, 1, {}, 1),
        (1, 0, 1, {"endMask": 1}, 2),
        (2, 2, 1, {"beginMask": 1}, 2),
    ],
)
def test_folded_slices_equal_those_of_the_reference_kernels(
    begin: int, end: int, stride: int, masks: dict[str, int], length: int | None
) -> None:
    model = model_of(
        tensors=[
            tensor_of("in", (4, 5, 6), "FLOAT32"),
            tensor_of("shape", (3,), "INT32"),
            tensor_of("begin", (1,), "INT32", buffer=1),
            tensor_of("end", (1,), "INT32", buffer=2),
            tensor_of("stride", (1,), "INT32", buffer=3),
            tensor_of("sliced", () if length is None else (length,), "INT32"),
            tensor_of("out", () if length is None else (length,), "INT32"),
        ],
        operators=[
            operator_of(_SHAPE, (0,), (1,)),
            operator_of(_SLICE, (1, 2, 3, 4), (5,), _slice_options(**masks)),
            operator_of(_ADD, (5, 5), (6,), ("AddOptions", schema.AddOptionsT())),
        ],
        codes=[code_of(name) for name in ("SHAPE", "STRIDED_SLICE", "PACK", "RESHAPE", "ADD")],
        inputs=(0,),
        outputs=(6,),
        buffers=[buffer_of([value], "int32") for value in (begin, end, stride)],
    )
    model.subgraphs[0].operators[0].builtinOptionsType = schema.BuiltinOptions.ShapeOptions
    model.subgraphs[0].operators[0].builtinOptions = schema.ShapeOptionsT()
    model.subgraphs[0].operators[0].builtinOptions.outType = schema.TensorType.INT32
    data = pack(model)
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    folded = fold_shapes(read_model(data, name="slice"))
    assert [node.op for node in folded.nodes] == ["ADD"]
    assert folded.tensor(5).data is not None
    np.testing.assert_array_equal(np.asarray(folded.tensor(5).data), interpreter.get_tensor(5))


def _output_is_read(model: Any) -> None:
    model.subgraphs[0].outputs = [1, 5, 7, 8]


def _wrong_length(model: Any) -> None:
    model.subgraphs[0].tensors[1].shape = [2]


def _ellipsis(model: Any) -> None:
    model.subgraphs[0].operators[1].builtinOptions.ellipsisMask = 1


def _new_axis(model: Any) -> None:
    model.subgraphs[0].operators[1].builtinOptions.newAxisMask = 1


def _end_is_offset(model: Any) -> None:
    model.subgraphs[0].operators[1].builtinOptions.offset = True


def _backwards(model: Any) -> None:
    model.buffers.append(buffer_of([-1], "int32"))
    model.subgraphs[0].tensors[4].buffer = len(model.buffers) - 1


def _out_of_range(model: Any) -> None:
    model.buffers[1] = buffer_of([3], "int32")


def _other_axis(model: Any) -> None:
    model.subgraphs[0].operators[2].builtinOptions.axis = 1


def _real_numbers(model: Any) -> None:
    for index in (5, 6, 7):
        model.subgraphs[0].tensors[index].type = schema.TensorType.FLOAT32


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (_output_is_read, ["SHAPE", "STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_wrong_length, ["SHAPE", "STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_ellipsis, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_new_axis, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_end_is_offset, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_backwards, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_out_of_range, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
        (_other_axis, ["PACK", "RESHAPE"]),
        (_real_numbers, ["STRIDED_SLICE", "PACK", "RESHAPE"]),
    ],
)
def test_what_is_not_understood_is_left_as_it_is(change: Callable[[Any], None], left: list[str]) -> None:
    model = _model_with_a_free_batch()
    change(model)
    graph = simplify(read_model(pack(model), name="left"))
    assert [node.op for node in graph.nodes] == left


def _dense_over_positions() -> Any:
    """Return what the converter makes of a dense layer over (batch, 2, 3, 4), its batch free: sizes are not known."""
    shape_options = schema.ShapeOptionsT()
    shape_options.outType = schema.TensorType.INT32
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
            operator_of(3, (8, 5), (9,), _pack_options()),
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
    joined = schema.ConcatenationOptionsT()
    joined.axis = 3

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
        ],
        codes=[
            code_of(name)
            for name in (
                *("SHAPE", "STRIDED_SLICE", "CONCATENATION", "RESHAPE", "CONV_2D", "MAX_POOL_2D", "PAD", "TANH"),
                *("DEPTHWISE_CONV_2D", "TILE"),
            )
        ],
        inputs=(0,),
        outputs=(19,),
        buffers=[
            *(buffer_of([n], "int32") for n in (0, 2, 1)),
            buffer_of([6, 2], "int32"),
            buffer_of([k / 8 for k in range(36)], "float32"),
            buffer_of([0, 0, 0, 1, 1, 2, 0, 0], "int32"),
            buffer_of([k / 8 for k in range(8)], "float32"),
            buffer_of([1, 1, 2, 1], "int32"),
            buffer_of([0.5, -0.5], "float32"),
            buffer_of([0.5, -0.5, 1.0, 0.0], "float32"),
        ],
    )


@pytest.mark.parametrize("build", [_dense_over_positions, _behind_an_upsampling])
def test_sizes_behind_a_free_batch_are_those_of_the_interpreter(build: Callable[[], Any]) -> None:
    data = pack(build())
    graph = simplify(read_model(data, name="free"))
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
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
