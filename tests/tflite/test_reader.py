# SPDX-License-Identifier: Apache-2.0
"""What a sound file becomes."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness import proc
from harness.errors import BadModel, UnsupportedModel
from harness.graph import DType, Graph
from harness.reference import Golden
from harness.tflite import read_model
from tests.conftest import ROOT
from tests.tflite.build import (
    buffer_of,
    code_of,
    model_of,
    operator_of,
    pack,
    small_model,
    tensor_of,
)

_HEAD = ("AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX")
_BLOCK = ("CONV_2D", "CONV_2D", "CONV_2D", "ADD")
_SEPARABLE = ("DEPTHWISE_CONV_2D", "CONV_2D")
_OPERATORS = {
    "ad": ("FULLY_CONNECTED",) * 10,
    "ic": (*_BLOCK, *_BLOCK, *_BLOCK, *_HEAD),
    "kws": ("CONV_2D", *_SEPARABLE * 4, *_HEAD),
    "sww": (*_SEPARABLE * 4, "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"),
    "vww": ("CONV_2D", *_SEPARABLE * 13, *_HEAD),
}


@pytest.mark.parametrize("name", sorted(_OPERATORS))
def test_a_reference_model_has_its_operators_in_order(shared_models: dict[str, Path], name: str) -> None:
    graph = read_model(shared_models[name].read_bytes(), name=name)
    assert tuple(node.op for node in graph.nodes) == _OPERATORS[name]
    assert [node.index for node in graph.nodes] == list(range(len(graph.nodes)))


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_every_tensor_of_a_reference_model_is_what_the_interpreter_sees(
    shared_models: dict[str, Path], name: str
) -> None:
    data = shared_models[name].read_bytes()
    graph = read_model(data, name=name)
    _assert_as_the_interpreter_sees_it(graph, data)
    assert graph.model_sha256 == hashlib.sha256(data).hexdigest()


def test_every_tensor_of_the_small_model_is_what_the_interpreter_sees() -> None:
    data = pack(small_model())
    _assert_as_the_interpreter_sees_it(read_model(data, name="small"), data)


def _assert_as_the_interpreter_sees_it(graph: Graph, data: bytes) -> None:
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    assert graph.inputs == tuple(detail["index"] for detail in interpreter.get_input_details())
    assert graph.outputs == tuple(detail["index"] for detail in interpreter.get_output_details())
    # Kernels add tensors of their own (scratch, im2col), which the file does not have.
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    in_file = schema.Model.GetRootAs(data).Subgraphs(0).TensorsLength()
    assert set(graph.tensors) == set(range(in_file))
    for index, tensor in graph.tensors.items():
        detail = details[index]
        assert tensor.name == detail["name"]
        assert tensor.shape == tuple(detail["shape"])
        assert tensor.dtype.value == np.dtype(detail["dtype"]).name
        quantized = detail["quantization_parameters"]
        if tensor.quantization is None:
            assert quantized["scales"].size == 0
        else:
            assert tensor.quantization.scales == tuple(float(scale) for scale in quantized["scales"])
            assert tensor.quantization.zero_points == tuple(int(zero) for zero in quantized["zero_points"])
            assert tensor.quantization.axis == quantized["quantized_dimension"]
        if tensor.data is not None:
            np.testing.assert_array_equal(tensor.data, interpreter.get_tensor(index))


def test_the_axis_of_a_tensor_of_one_dimension_is_that_one_whatever_an_older_converter_wrote() -> None:
    model = small_model()
    model.subgraphs[0].tensors[2].quantization.quantizedDimension = 3  # as in TensorFlow's person_detect.tflite
    data = pack(model)
    bias = read_model(data, name="small").tensor(2).quantization
    assert bias is not None
    assert (bias.axis, len(bias.scales)) == (0, 3)
    values = np.arange(40, dtype=np.int8).reshape(1, 5, 4, 2)
    assert np.array_equal(Golden(data).outputs([values])[0], Golden(pack(small_model())).outputs([values])[0])


def test_constants_are_read_only_views_of_the_file() -> None:
    data = pack(small_model())
    whole = np.frombuffer(data, dtype=np.uint8)
    graph = read_model(data, name="small")
    constants = [tensor for tensor in graph.tensors.values() if tensor.data is not None]
    assert [tensor.name for tensor in constants] == ["filter", "bias", "shape", "weights"]
    for tensor in constants:
        assert tensor.data is not None
        assert np.shares_memory(tensor.data, whole)
        assert not tensor.data.flags.writeable


def test_options_are_read_by_the_id_of_their_field_and_absent_ones_have_the_default() -> None:
    graph = read_model(pack(small_model()), name="small")
    conv, reshape, dense = (node.options for node in graph.nodes)
    assert (conv.integer(0, bits=8), conv.integer(1), conv.integer(2)) == (1, 1, 2)  # padding, stride_w, stride_h
    assert conv.integer(3, bits=8) == schema.ActivationFunctionType.RELU6
    assert (conv.integer(4, 1), conv.integer(5, 1)) == (1, 1)  # dilations that the file leaves out
    assert reshape.integers(0) == (-1, 18)
    assert reshape.integers(1) == ()
    assert dense.boolean(2) is False
    assert dense.boolean(9, True) is True
    assert dense.real(9, 0.5) == 0.5
    assert dense.integer(31, 4) == 4


def test_an_operator_without_options_has_only_absent_fields() -> None:
    model = small_model()
    model.subgraphs[0].operators[0].builtinOptionsType = 0
    model.subgraphs[0].operators[0].builtinOptions = None
    options = read_model(pack(model), name="small").nodes[0].options
    assert options.integer(0, 9) == 9
    assert options.boolean(0, True) is True
    assert options.real(0, 2.5) == 2.5
    assert options.integers(0) == ()


def test_real_options_are_read_exactly() -> None:
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 0.75
    model = model_of(
        tensors=[tensor_of("in", (1, 4), "FLOAT32"), tensor_of("out", (1, 4), "FLOAT32")],
        operators=[operator_of(0, (0,), (1,), ("SoftmaxOptions", softmax))],
        codes=[code_of("SOFTMAX")],
        inputs=(0,),
        outputs=(1,),
    )
    assert read_model(pack(model), name="softmax").nodes[0].options.real(0, 1.0) == 0.75


@pytest.mark.parametrize("kind", [dtype.name for dtype in DType])
def test_constants_of_every_type_keep_their_values(kind: str) -> None:
    dtype = DType[kind]
    values = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype.value)
    model = model_of(
        tensors=[
            tensor_of("in", (2, 3), kind),
            tensor_of("constant", (2, 3), kind, buffer=1),
            tensor_of("out", (2, 3), kind),
        ],
        operators=[operator_of(0, (0, 1), (2,))],
        codes=[code_of("ADD")],
        inputs=(0,),
        outputs=(2,),
        buffers=[buffer_of(values, dtype.value)],
    )
    tensor = read_model(pack(model), name="types").tensor(1)
    assert tensor.data is not None
    np.testing.assert_array_equal(tensor.data, values)
    assert tensor.size_bytes == values.nbytes


def test_a_free_batch_is_one() -> None:
    model = small_model()
    model.subgraphs[0].tensors[0].shape = [-1, 5, 4, 2]
    assert read_model(pack(model), name="free").tensor(0).shape == (1, 5, 4, 2)


def test_a_scalar_has_the_empty_shape() -> None:
    model = small_model()
    model.subgraphs[0].tensors[4].shape = []
    model.buffers[3] = buffer_of([18], "int32")
    assert read_model(pack(model), name="scalar").tensor(4).shape == ()


def test_a_variable_is_known_as_one() -> None:
    model = small_model()
    model.subgraphs[0].tensors[4].isVariable = True
    model.subgraphs[0].tensors[4].buffer = 0
    tensor = read_model(pack(model), name="variable").tensor(4)
    assert tensor.is_variable
    assert tensor.data is None


def test_intermediate_tensors_belong_to_their_node() -> None:
    model = small_model()
    model.subgraphs[0].tensors.append(tensor_of("gate", (), scales=(0.125,)))
    model.subgraphs[0].operators[0].intermediates = [8]
    graph = read_model(pack(model), name="intermediate")
    assert graph.nodes[0].intermediates == (8,)
    assert graph.tensor(8).name == "gate"


def test_a_tensor_that_nothing_refers_to_is_not_read() -> None:
    model = small_model()
    model.subgraphs[0].tensors.append(tensor_of("stray", (1,), "STRING"))
    assert sorted(read_model(pack(model), name="stray").tensors) == list(range(8))


def test_data_behind_the_flatbuffer_is_found() -> None:
    model = small_model()
    weights = bytes(model.buffers[4].data)
    model.buffers[4].data = None
    # The lengths of the offset and size fields are fixed, so that a second pass does not move anything.
    model.buffers[4].offset, model.buffers[4].size = 2, len(weights)
    flatbuffer_bytes = len(pack(model))
    model.buffers[4].offset = flatbuffer_bytes
    data = pack(model) + weights
    tensor = read_model(data, name="large").tensor(6)
    assert tensor.data is not None
    assert tensor.data.tobytes() == weights
    with pytest.raises(BadModel, match="buffer 4 of tensor 6, data behind the flatbuffer"):
        read_model(data[:-1], name="large")


def test_further_subgraphs_do_no_harm_as_long_as_no_operator_runs_them() -> None:
    model = small_model()
    other = schema.SubGraphT()
    other.tensors, other.operators, other.inputs, other.outputs = [], [], [], []
    model.subgraphs.append(other)
    assert len(read_model(pack(model), name="two").nodes) == 3
    model.operatorCodes[1] = code_of("IF")
    model.subgraphs[0].operators[1].builtinOptionsType = schema.BuiltinOptions.IfOptions
    model.subgraphs[0].operators[1].builtinOptions = schema.IfOptionsT()
    with pytest.raises(
        UnsupportedModel, match=r"IF \(operator 1, \[int8 1x2x3x3, int32 2\] -> \[int8 1x18\]\) runs another subgraph"
    ):
        read_model(pack(model), name="two")


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
        (b'"; DROP\n*/${x}<script>', '"; DROP\n*/${x}<script>'),
        ("ünï".encode(), "ünï"),
        (b"a" * 3_000_000, "a" * 1024),
    ],
    ids=["not UTF-8", "hostile", "accents", "megabytes"],
)
def test_hostile_names_are_decoded_with_replacement_and_capped(raw: bytes, wanted: str) -> None:
    model = small_model()
    model.subgraphs[0].tensors[0].name = raw
    assert read_model(pack(model), name="name").tensor(0).name == wanted


def test_reading_simplifying_and_planning_need_no_third_party_but_numpy() -> None:
    script = (
        "import sys; before = set(sys.modules); import numpy; import harness.tflite, harness.passes, harness.memory\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(tops - set(sys.stdlib_module_names) - {'harness', 'numpy'}))"
    )
    finished = proc.run([sys.executable, "-c", script], timeout_seconds=60.0, cwd=ROOT)
    assert (finished.exit_code, finished.output.strip()) == (0, "[]")
