# SPDX-License-Identifier: Apache-2.0
"""Recurrent and streaming networks as Keras converts them at batch 1: equal to the reference over a sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import UnsupportedModel
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes.codegen import RUNTIME
from harness.tasks import captured_stderr, keras, tensorflow
from harness.testing.host import Array, build_host

pytest.importorskip("tf_keras", reason="the training stack is not installed")

STEPS = 8
FUSED, VARIABLES = "UNIDIRECTIONAL_SEQUENCE_LSTM", "ASSIGN_VARIABLE"


def network(name: str) -> Any:
    """Build a small untrained network."""
    k = keras()
    layers = k.layers
    k.utils.set_random_seed(1)
    if name == "stateful":
        parts = (layers.GRU(8, stateful=True, unroll=True), layers.Dense(3))
        return k.Sequential([layers.Input((1, 6), batch_size=1), *parts])
    recurrent = {
        "lstm": (layers.LSTM(8), layers.Dense(3)),
        "stacked": (layers.LSTM(6, return_sequences=True), layers.LSTM(5), layers.Dense(3)),
        "wide": (layers.LSTM(40, return_sequences=True), layers.LSTM(33), layers.Dense(3)),
        "both_ways": (layers.Bidirectional(layers.LSTM(4)), layers.Dense(3)),
        "lstm_unrolled": (layers.LSTM(8, unroll=True), layers.Dense(3)),
        "gru_unrolled": (layers.GRU(8, unroll=True), layers.Dense(3)),
        "gru": (layers.GRU(8), layers.Dense(3)),
        "stream": (streaming(k, 4), layers.Conv1D(4, 2, activation="relu"), layers.Flatten(), layers.Dense(3)),
        "volume": (layers.Reshape((5, 3, 2, 1)), layers.Conv3D(2, 2), layers.Flatten(), layers.Dense(3)),
    }
    shape = (1, 6) if name == "stream" else (5, 6)
    return k.Sequential([layers.Input(shape), *recurrent[name]])


def streaming(k: Any, frames: int) -> Any:
    """Return a layer that keeps the last frames in a variable, which begins as 0.25."""

    class Streaming(k.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:  # Keras traces it: what it needs is global or its own
            start = keras().initializers.Constant(0.25)
            self.kept = self.add_weight("kept", (1, self.frames, int(shape[-1])), trainable=False, initializer=start)

        def call(self, x: Any) -> Any:
            joined = tensorflow().concat([self.kept[:, 1:], x], 1)
            self.kept.assign(joined)
            return joined

    layer = Streaming()
    layer.frames = frames
    return layer


def converted(name: str, types: str) -> bytes:
    """Convert a network with a batch of one; ``types`` are float32, dynamic, int8, or for streams int8_state."""
    tf = tensorflow()
    model = network(name)
    shape = (1, *model.input_shape[1:])
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
    converter.experimental_enable_resource_variables = True
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=shape).astype(np.float32) for _ in range(16)]
    if types != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if types.startswith("int8"):
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_variable_quantization = types == "int8_state"
    with captured_stderr():
        data: bytes = converter.convert()
    return data


def differing_steps(model: bytes, folder: Path) -> list[int]:
    """Return the steps of a sequence without reset, and of the same inputs each after a reset, that differ."""
    rendered = RUNTIME.render(model, load_board("host"), name="net")
    program = build_host(rendered, folder)
    columns = [standard_inputs(port.dtype, port.shape, port.zero_point, count=STEPS) for port in rendered.inputs]
    sets: list[list[Array]] = [[values for _, values in row] for row in zip(*columns, strict=True)]
    golden = Golden(model)
    pairs = [
        *zip(program.run(sets, keeps_state=True), golden.sequence(sets), strict=True),
        *zip(program.run(sets), [golden.outputs(inputs) for inputs in sets], strict=True),
    ]
    return [
        number
        for number, (run, wanted) in enumerate(pairs)
        if not all(compare(a, b).equal for a, b in zip(run.outputs, wanted, strict=True))
    ]


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_an_lstm_of_keras_in_int8_equals_the_reference_step_by_step(tmp_path: Path) -> None:
    model = converted("lstm", "int8")
    rendered = RUNTIME.render(model, load_board("host"), name="net")
    assert rendered.layers[0].op == FUSED
    assert rendered.has_state
    assert differing_steps(model, tmp_path) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
@pytest.mark.parametrize(
    ("name", "types", "operator"),
    [
        ("lstm", "float32", FUSED),
        ("stacked", "float32", FUSED),
        ("stacked", "int8", FUSED),
        ("wide", "dynamic", FUSED),
        ("both_ways", "float32", FUSED),
        ("both_ways", "int8", FUSED),
        ("lstm_unrolled", "float32", "LOGISTIC"),
        ("lstm_unrolled", "int8", "LOGISTIC"),
        ("gru_unrolled", "float32", "TANH"),
        ("gru_unrolled", "int8", "TANH"),
        ("stateful", "float32", VARIABLES),
        ("stateful", "int8", VARIABLES),
        ("stream", "float32", VARIABLES),
        ("stream", "int8", VARIABLES),
        ("stream", "int8_state", VARIABLES),
    ],
)
def test_recurrent_and_streaming_networks_equal_the_reference_step_by_step(
    name: str, types: str, operator: str, tmp_path: Path
) -> None:
    model = converted(name, types)
    rendered = RUNTIME.render(model, load_board("host"), name="net")
    assert operator in {layer.op for layer in rendered.layers}
    assert rendered.has_state == (operator in (FUSED, VARIABLES))
    assert differing_steps(model, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "operator", "hint"),
    [("gru", "WHILE", "fix the batch at 1 and set unroll=True"), ("volume", "CONV_3D", "Conv2D")],
)
def test_a_loop_and_a_volume_are_refused_with_what_to_change(name: str, operator: str, hint: str) -> None:
    with pytest.raises(UnsupportedModel) as caught:
        RUNTIME.render(converted(name, "float32"), load_board("host"), name="net")
    assert operator in caught.value.message
    assert hint in caught.value.hint
