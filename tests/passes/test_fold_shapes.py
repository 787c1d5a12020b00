# SPDX-License-Identifier: Apache-2.0
"""Shapes computed on the host are those that the interpreter computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.passes import simplify
from harness.passes.fold_shapes import fold_shapes
from harness.tflite import read_model
from tests.passes.interpreted import invoked
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
    interpreter = invoked(data)
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
