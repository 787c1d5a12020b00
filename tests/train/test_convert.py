# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import sys
from typing import Any, Literal

import numpy as np
import pytest

from harness.compress import Network
from harness.errors import BadModel, HarnessError, ToolError, UnsupportedModel
from harness.graph import DType
from harness.reference import Golden
from harness.tasks import Floats, keras, tensorflow
from harness.testing.compression import example_inputs, example_network
from harness.tflite import read_model
from harness.train import convert, model_inputs

convert_module = sys.modules["harness.train.convert"]  # the package's name means the function


def of_function(function: Any) -> Network:
    """A network of one layer that computes an arbitrary TensorFlow function."""
    start = keras().layers.Input((8,))
    return Network(model=keras().Model(start, keras().layers.Lambda(function)(start)), types="int8")


def rows() -> Floats:
    return np.random.default_rng(3).random((16, 8), dtype=np.float32)


@pytest.fixture(scope="module")
def int8_model() -> bytes:
    return convert(dataclasses.replace(example_network(), types="int8"), example_inputs(), name="m")


def test_a_float_model_answers_as_the_network_does() -> None:
    network = example_network()
    model = convert(network, example_inputs(), name="m")
    golden = Golden(model)
    outputs = np.concatenate([golden.outputs([each])[0] for each in model_inputs(model, example_inputs())])
    np.testing.assert_allclose(outputs, network.model.predict(example_inputs(), verbose=0), atol=1e-5)


def test_an_int8_model_is_int8_from_input_to_output_and_answers_nearly_the_same(int8_model: bytes) -> None:
    graph = read_model(int8_model, name="m")
    assert {graph.tensor(i).dtype for i in (*graph.inputs, *graph.outputs)} == {DType.INT8}
    assert not [t.name for t in graph.tensors.values() if t.dtype is DType.FLOAT32]
    golden = Golden(int8_model)
    raw = np.concatenate([golden.outputs([each])[0] for each in model_inputs(int8_model, example_inputs())])
    outputs = (raw.astype(np.float32) + 128) / 256
    np.testing.assert_allclose(outputs, example_network().model.predict(example_inputs(), verbose=0), atol=0.05)


def test_an_int8_model_in_which_a_float_tensor_is_left_is_refused_with_its_layer() -> None:
    with pytest.raises(UnsupportedModel) as caught:
        convert(of_function(tensorflow().math.floor), rows(), name="m")
    assert "FLOOR" in caught.value.message
    assert "keeps the float tensor" in caught.value.message


def test_a_network_that_cannot_be_converted_is_an_error_with_the_converters_log() -> None:
    with pytest.raises(HarnessError) as caught:
        convert(
            of_function(lambda x: tensorflow().py_function(lambda v: v, [x], tensorflow().float32)), rows(), name="m"
        )
    assert isinstance(caught.value, (ToolError, UnsupportedModel))
    assert caught.value.log


def recurrent(types: Literal["float32", "int8"] = "float32") -> Network:
    layers = keras().layers
    keras().utils.set_random_seed(7)
    parts = [layers.Input((5, 8)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(2)]
    return Network(model=keras().Sequential(parts), types=types)


def sequences() -> Floats:
    return np.random.default_rng(3).random((8, 5, 8), dtype=np.float32)


def test_a_crash_of_the_converter_on_a_recurrent_network_is_an_error_with_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(convert_module, "_CHILD", "tests.train.crash")
    with pytest.raises(ToolError) as caught:
        convert(recurrent(), sequences(), name="m")
    assert "the converter crashed (its process ended by signal 11)" in caught.value.message
    assert "LLVM ERROR: out of registers" in caught.value.log
    assert "unroll=True" in caught.value.hint


@pytest.mark.slow
def test_a_recurrent_network_is_converted_in_a_process_of_its_own_and_answers_as_it_does() -> None:
    network = recurrent()
    model = convert(network, sequences(), name="m")
    golden = Golden(model)
    outputs = np.concatenate([golden.outputs([each])[0] for each in model_inputs(model, sequences())])
    np.testing.assert_allclose(outputs, network.model.predict(sequences(), verbose=0), atol=1e-5)
    int8 = read_model(convert(recurrent("int8"), sequences(), name="m"), name="m")
    assert {int8.tensor(i).dtype for i in (*int8.inputs, *int8.outputs)} == {DType.INT8}


@pytest.mark.slow
def test_the_converters_own_crash_on_a_gru_in_int8_does_not_end_this_process() -> None:
    layers = keras().layers
    model = keras().Sequential([layers.Input((5, 8)), layers.GRU(4), layers.Dense(2)])
    with pytest.raises((ToolError, UnsupportedModel)) as caught:  # TensorFlow 2.21 ends by signal 11
        convert(Network(model=model, types="int8"), sequences(), name="m")
    assert "unroll=True" in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.slow
def test_what_the_converter_says_in_a_process_of_its_own_is_told_as_elsewhere() -> None:
    layers = keras().layers
    odd = layers.Lambda(lambda x: tensorflow().py_function(lambda v: v, [x], tensorflow().float32))
    model = keras().Sequential([layers.Input((5, 8)), layers.LSTM(4), odd])
    with pytest.raises(HarnessError) as caught:
        convert(Network(model=model, types="float32"), sequences(), name="m")
    assert isinstance(caught.value, (ToolError, UnsupportedModel))
    assert "crashed" not in caught.value.message
    assert caught.value.log


def test_the_converter_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    convert(dataclasses.replace(example_network(), types="int8"), example_inputs(), name="m")
    assert capfd.readouterr() == ("", "")


def test_inputs_are_scaled_and_clipped_to_the_models_type(int8_model: bytes) -> None:
    low, high = model_inputs(int8_model, np.stack([np.full((8, 8, 1), v, np.float32) for v in (-9.0, 9.0)]))
    assert low.dtype == np.int8
    assert (low.min(), high.max()) == (-128, 127)
    with pytest.raises(BadModel, match=r"one sample of shape \(3,\)"):
        model_inputs(int8_model, np.zeros((1, 3), np.float32))
