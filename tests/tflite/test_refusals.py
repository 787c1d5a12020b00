# SPDX-License-Identifier: Apache-2.0
"""What is refused, and in which words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.errors import BadModel, UnsupportedModel
from harness.tflite import read_model
from tests.tflite.build import buffer_of, code_of, pack, small_model, tensor_of


def _tensors(model: Any) -> list[Any]:
    tensors: list[Any] = model.subgraphs[0].tensors
    return tensors


def _with_type(kind: str) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        _tensors(model)[3].type = getattr(schema.TensorType, kind)

    return change


def _custom(model: Any) -> None:
    model.operatorCodes[1] = code_of("CUSTOM", custom='Tele"port\n')


def _newer_operator(model: Any) -> None:
    model.operatorCodes[1].builtinCode = 4711


def _newer_type(model: Any) -> None:
    _tensors(model)[3].type = 99


def _sparse(model: Any) -> None:
    _tensors(model)[6].sparsity = schema.SparsityParametersT()


def _other_schema(model: Any) -> None:
    model.version = 4


def _initialised_variable(model: Any) -> None:
    _tensors(model)[4].isVariable = True


def _free_shape(model: Any) -> None:
    _tensors(model)[3].shape = [1, 2, -1, 3]


def _empty(model: Any) -> None:
    _tensors(model)[3].shape = [1, 0, 3, 3]


def _many_dimensions(model: Any) -> None:
    _tensors(model)[3].shape = [1] * 9


def _huge(model: Any) -> None:
    _tensors(model)[3].shape = [2**31 - 1] * 8


def _constant_output(model: Any) -> None:
    model.subgraphs[0].outputs = [6]


def _same_output_twice(model: Any) -> None:
    model.subgraphs[0].outputs = [7, 7]


def _blockwise(model: Any) -> None:
    _tensors(model)[6].quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
    _tensors(model)[6].quantization.details = schema.BlockwiseQuantizationT()


def _external(model: Any) -> None:
    _tensors(model)[6].externalBuffer = 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_custom, r"""the custom operator 'Tele"port\\n' is not supported"""),
        (_newer_operator, "builtin operator 4711 is newer"),
        (_newer_type, r"tensor 3 \('conv'\) has the type 99"),
        (_with_type("INT4"), r"tensor 3 \('conv'\) has the type INT4"),
        (_with_type("STRING"), "has the type STRING"),
        (_with_type("RESOURCE"), "has the type RESOURCE"),
        (_sparse, r"tensor 6 \('weights'\) is sparse"),
        (_other_schema, "its schema has version 4, not 3"),
        (_initialised_variable, r"tensor 4 \('shape'\) is a variable with initial values"),
        (_free_shape, "dimension 2 is free"),
        (_empty, "dimension 1 is empty"),
        (_many_dimensions, "has 9 dimensions"),
        (_huge, "more than 32 bits can address"),
        (_constant_output, "output tensor 6 is a constant"),
        (_same_output_twice, "listed twice among the model's outputs"),
        (_blockwise, r"tensor 6 \('weights'\) is quantized in a way of its own"),
        (_external, "tensor 6 keeps its data in another file"),
    ],
)
def test_a_sound_model_that_cannot_run_is_unsupported_and_named(change: Callable[[Any], None], words: str) -> None:
    model = small_model()
    change(model)
    with pytest.raises(UnsupportedModel, match=rf"^m\.tflite: .*{words}"):
        read_model(pack(model), name="m.tflite")


def _negative_operator(model: Any) -> None:
    model.operatorCodes[1].builtinCode = -2
    model.operatorCodes[1].deprecatedBuiltinCode = -1


def _no_such_code(model: Any) -> None:
    model.subgraphs[0].operators[1].opcodeIndex = 77


def _no_such_buffer(model: Any) -> None:
    _tensors(model)[6].buffer = 1000


def _short_buffer(model: Any) -> None:
    model.buffers[4] = buffer_of([1, 2, 3])


def _negative_shape(model: Any) -> None:
    _tensors(model)[3].shape = [1, 2, -5, 3]


def _other_rank(model: Any) -> None:
    _tensors(model)[3].shapeSignature = [1, 2]


def _missing_zero_points(model: Any) -> None:
    _tensors(model)[1].quantization.zeroPoint = [0]


def _too_few_scales(model: Any) -> None:
    _tensors(model)[1].quantization.scale = [0.5, 0.5]
    _tensors(model)[1].quantization.zeroPoint = [0, 0]


def _axis_out_of_range(model: Any) -> None:
    _too_few_scales(model)
    _tensors(model)[1].quantization.quantizedDimension = 4


def _infinite_scale(model: Any) -> None:
    _tensors(model)[0].quantization.scale = [float("inf")]


def _scale_of_a_diverged_training(model: Any) -> None:
    _tensors(model)[0].quantization.scale = [float("nan")]


def _negative_scale(model: Any) -> None:
    _tensors(model)[3].quantization.scale = [-0.5]


def _zero_scale(model: Any) -> None:
    _tensors(model)[3].quantization.scale = [0.0]


def _zero_point_out_of_range(model: Any) -> None:
    _tensors(model)[3].quantization.zeroPoint = [128]


def _no_such_tensor(model: Any) -> None:
    model.subgraphs[0].operators[1].inputs = [3, 44]


def _read_early(model: Any) -> None:
    model.subgraphs[0].operators[0].inputs = [5, 1, 2]


def _written_constant(model: Any) -> None:
    model.subgraphs[0].operators[0].outputs = [6]


def _input_twice(model: Any) -> None:
    model.subgraphs[0].inputs = [0, 0]


def _no_output(model: Any) -> None:
    model.subgraphs[0].outputs = []


def _no_such_output(model: Any) -> None:
    model.subgraphs[0].outputs = [-3]


def _no_subgraph(model: Any) -> None:
    model.subgraphs = []


def _foreign_options(model: Any) -> None:
    model.subgraphs[0].operators[0].builtinOptionsType = schema.BuiltinOptions.AddOptions
    model.subgraphs[0].operators[0].builtinOptions = schema.AddOptionsT()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_negative_operator, r"byte \d+: operator code 1: the builtin operator has the negative number -1"),
        (_no_such_code, r"byte \d+: model, Model.operator_codes: operator code 77 is asked for, but there are 3"),
        (_no_such_buffer, r"byte \d+: model, Model.buffers: buffer 1000 of tensor 6 is asked for, but there are 5"),
        (_short_buffer, r"byte \d+: buffer 4 of tensor 6: 3 bytes for 72 elements of 1 bytes"),
        (_negative_shape, r"byte \d+: tensor 3, Tensor.shape: dimension 2 of \(1, 2, -5, 3\) is negative"),
        (_other_rank, r"byte \d+: tensor 3, Tensor.shape: .* differ in rank"),
        (_missing_zero_points, r"byte \d+: tensor 1, Tensor.quantization: 3 scales but 1 zero points"),
        (_too_few_scales, r"byte \d+: tensor 1, Tensor.quantization: 2 scales along axis 0"),
        (_axis_out_of_range, r"byte \d+: tensor 1, Tensor.quantization: axis 4"),
        (_scale_of_a_diverged_training, r"byte \d+: .*: a scale is not a number\n.*its training diverged"),
        (_infinite_scale, r"byte \d+: tensor 0, Tensor.quantization: a scale is not finite"),
        (_negative_scale, r"byte \d+: tensor 3, Tensor.quantization: a scale is negative"),
        (_zero_scale, r"tensor 3 \('conv'\) has a scale that is negative, zero or not finite"),
        (_zero_point_out_of_range, r"tensor 3 \('conv'\) has a zero point that int8 cannot hold"),
        (_no_such_tensor, r"RESHAPE \(operator 1\) reads tensor 44, which does not exist"),
        (_read_early, r"CONV_2D \(operator 0\) reads tensor 5 before it is written"),
        (_written_constant, r"CONV_2D \(operator 0\) writes tensor 6, which is a constant"),
        (_input_twice, "a tensor is listed twice among the inputs"),
        (_no_output, r"byte \d+: main subgraph: the model has no output"),
        (_no_such_output, "tensor -3 is an output of the model but does not exist"),
        (_no_subgraph, r"byte \d+: model, Model.subgraphs: main subgraph is asked for, but there are 0"),
        (_foreign_options, r"byte \d+: operator 0: CONV_2D carries options of type 11 instead of 1"),
    ],
)
def test_a_model_that_contradicts_itself_is_bad_and_the_place_named(change: Callable[[Any], None], words: str) -> None:
    model = small_model()
    change(model)
    with pytest.raises(BadModel, match=rf"^m\.tflite: {words}"):
        read_model(pack(model), name="m.tflite")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "byte 0: model: a file of 0 bytes is too short"),
        (b"TFL3", "byte 0: model: a file of 4 bytes is too short"),
        (b"\x08\0\0\0PK\x03\x04" * 4, r"byte 4: model: the file identifier is b'PK\\x03\\x04'"),
        (b"\0\0\0\0TFL3" + bytes(64), "byte 0: model: the offset is 0"),
        (b"\xff\xff\xff\xffTFL3" + bytes(64), "byte 4294967295: model: 4 bytes would reach outside the file"),
        (struct.pack("<I4si", 8, b"TFL3", 2**31 - 1), "byte -2147483639: model, vtable: 4 bytes would reach outside"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 3, 4), "byte 12: model, vtable: sizes 3 and 4 are impossible"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 400, 4), "byte 12: model, vtable: 400 bytes would reach outside"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 4, 500), "byte 8: model: 500 bytes would reach outside"),
    ],
)
def test_a_file_that_is_no_model_is_bad_from_its_first_bytes(data: bytes, words: str) -> None:
    with pytest.raises(BadModel, match=f"^m: {words}"):
        read_model(data, name="m")


@pytest.mark.parametrize(
    ("begin", "words"),
    [(b"PK\x03\x04", "a .keras file"), (b"\x89HDF\r\n\x1a\n", "HDF5"), (b"\0", "not a TFLite model")],
)
def test_a_file_of_another_tool_is_told_with_what_it_looks_like(begin: bytes, words: str) -> None:
    with pytest.raises(BadModel) as caught:
        read_model(begin + bytes(64), name="m")
    assert words in caught.value.hint
    assert "convert" in caught.value.hint


def test_a_scale_that_the_converter_lost_is_told_with_what_to_do() -> None:
    model = small_model()
    _infinite_scale(model)
    with pytest.raises(BadModel) as caught:
        read_model(pack(model), name="m")
    assert "fix the batch at 1" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ethos-u", "compiled for an accelerator"),
        ("TFLite_Detection_PostProcess", "without its post-processing"),
        ("FlexErfc", "TFLITE_BUILTINS alone"),
    ],
)
def test_a_custom_operator_comes_with_the_way_round_it(name: str, hint: str) -> None:
    model = small_model()
    model.operatorCodes[1] = code_of("CUSTOM", custom=name)
    with pytest.raises(UnsupportedModel) as caught:
        read_model(pack(model), name="m")
    assert hint in caught.value.hint


def test_a_long_name_does_not_make_a_long_message() -> None:
    model = small_model()
    _tensors(model)[3] = tensor_of("x" * 100_000, (1, 2, 3, 3), "INT4")
    with pytest.raises(UnsupportedModel) as caught:
        read_model(pack(model), name="m")
    assert len(str(caught.value)) < 300
