# SPDX-License-Identifier: Apache-2.0
"""What Keras really converts to, with a free batch: real networks, equal to the reference on the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.boards import load_board
from harness.graph import Graph
from harness.passes import simplify
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.tasks import captured_stderr, keras, tensorflow
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.host import build_host
from harness.tflite import read_model

pytest.importorskip("tf_keras", reason="the training stack is not installed")

# Names and, of each, the operators that must not be left after simplification.
_SHAPES = {"SHAPE", "PACK"}
_NETWORKS = {
    "flatten": _SHAPES,
    "conv_1d": set(),
    "dilated": {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"},
    "transpose": _SHAPES,
    "resize": set(),
    "skip": set(),
    "permute": _SHAPES,
    "dense_2d": _SHAPES | {"GATHER", "REDUCE_PROD", "CONCATENATION"},
    "recurrent": {"SHAPE"},
    "wide": _SHAPES,
}
_WITHOUT_A_SCALE = ("recurrent", "int16")  # the converter gives its zeros the scale 0
_TYPES = ("float32", "int8", "float16", "int16", "dynamic")


def network(name: str) -> Any:
    """Build a small untrained network."""
    k = keras()
    layers = k.layers
    k.utils.set_random_seed(1)

    def chain(shape: tuple[int, ...], *parts: Any) -> Any:
        return k.Sequential([layers.Input(shape), *parts])

    match name:
        case "flatten":
            return chain(
                (6, 6, 2), layers.Conv2D(3, 3, activation="relu"), layers.Flatten(), layers.Dense(4, "softmax")
            )
        case "conv_1d":
            dilated = layers.Conv1D(5, 3, padding="causal", dilation_rate=2, activation="relu")
            first = layers.Conv1D(4, 3, padding="same", activation="relu")
            return chain((16, 3), first, layers.MaxPooling1D(2), dilated, layers.Flatten(), layers.Dense(2))
        case "dilated":
            first = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu")
            second = layers.Conv2D(3, 3, dilation_rate=(2, 1), padding="valid")
            third = layers.DepthwiseConv2D(3, dilation_rate=2, padding="same", activation="relu")
            return chain((9, 7, 2), first, second, third, layers.GlobalAveragePooling2D())
        case "transpose":
            first = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")
            return chain((4, 5, 3), first, layers.Conv2DTranspose(2, 2, strides=(1, 2), padding="valid"))
        case "resize":
            wide = layers.UpSampling2D((2, 3), interpolation="bilinear")
            padded = layers.ZeroPadding2D(((1, 2), (0, 3)))
            return chain((4, 5, 3), layers.UpSampling2D(2), layers.Conv2D(2, 3), wide, padded, layers.Conv2D(2, 3, 2))
        case "skip":
            entry = layers.Input((8, 8, 4))
            inner = layers.Conv2D(4, 3, padding="same", activation="relu")(entry)
            product = layers.Multiply()([layers.Add()([entry, inner]), inner])
            joined = layers.Concatenate()([product, entry])
            return k.Model(entry, layers.Dense(3)(layers.GlobalAveragePooling2D()(joined)))
        case "dense_2d":
            first = layers.Dense(5, activation="relu")
            return chain((4, 3, 2), first, layers.Conv2D(3, 2), layers.Dense(4), layers.GlobalMaxPooling2D())
        case "recurrent":
            steps = layers.SimpleRNN(3, unroll=True, return_sequences=True)
            return chain((4, 5), steps, layers.GRU(3, unroll=True), layers.LayerNormalization(), layers.Dense(2))
        case "wide":  # convolutions and a dense layer of more than 1,024 weights, which a dynamic range makes hybrid
            entry = layers.Input((10, 9, 8))
            inner = layers.Conv2D(16, 3, padding="same", activation="relu")(entry)
            inner = layers.SeparableConv2D(16, 3, strides=2, activation="tanh")(inner)
            inner = layers.Conv2D(16, 1, activation="relu6")(layers.AveragePooling2D()(inner))
            gate = layers.Dense(48, activation="sigmoid")(layers.Flatten()(inner))
            return k.Model(entry, layers.Dense(24, activation="softmax")(layers.Multiply()([gate, gate])))
        case _:
            convolved = layers.Conv1D(3, 3, padding="same")
            tail = (layers.Cropping1D(1), layers.Flatten(), layers.Dense(2))
            return chain((4, 6), layers.Permute((2, 1)), layers.Reshape((3, 8)), convolved, *tail)


def converted(name: str, types: str) -> bytes:
    """Convert a network as a user does, its batch left free; ``types`` are float32, int8, float16, int16 or dynamic."""
    tf = tensorflow()
    model = network(name)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(1, *model.input_shape[1:])).astype(np.float32) for _ in range(16)]
    if types != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if types == "float16":
        converter.target_spec.supported_types = [tf.float16]
    elif types in {"int8", "int16"}:
        sets = tf.lite.OpsSet
        wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8 if types == "int8" else wide]
        converter.inference_input_type = converter.inference_output_type = getattr(tf, types)
    with captured_stderr():
        data: bytes = converter.convert()
    return data


_SAMPLE = (
    ("flatten", "float32"),
    ("resize", "float32"),
    ("permute", "int8"),
    ("conv_1d", "int8"),
    ("dilated", "int8"),
    ("transpose", "int8"),
    ("skip", "int8"),
    ("dilated", "float16"),
    ("dense_2d", "int8"),
    ("recurrent", "float32"),
    ("wide", "int16"),
    ("wide", "dynamic"),
)


@pytest.fixture(scope="session")
def models() -> dict[str, bytes]:
    """Every network in one type or two; the slow tests have all types."""
    return {f"{name}_{types}": converted(name, types) for name, types in _SAMPLE}


def graphs(models: dict[str, bytes]) -> dict[str, Graph]:
    return {name: simplify(read_model(data, name=name)) for name, data in models.items()}


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_shapes_dilations_and_half_precision_are_folded(models: dict[str, bytes]) -> None:
    left = {
        name: {node.op for node in graph.nodes} & (_NETWORKS[name.rsplit("_", 1)[0]] | {"DEQUANTIZE"})
        for name, graph in graphs(models).items()
    }
    assert left == {name: set() for name in models}


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_networks_equal_the_reference(models: dict[str, bytes], tmp_path: Path) -> None:
    check(models, tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_all_networks_in_all_types_equal_the_reference(tmp_path: Path) -> None:
    kinds = [(name, kind) for name in _NETWORKS for kind in _TYPES if (name, kind) != _WITHOUT_A_SCALE]
    check({f"{name}_{kind}": converted(name, kind) for name, kind in kinds}, tmp_path)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_16x8_and_dynamic_range_networks_equal_the_reference_on_a_cortex_m4(
    models: dict[str, bytes], tmp_path: Path
) -> None:
    if reason := missing_tools("mps2_an386"):
        pytest.skip(reason)
    check({name: models[name] for name in ("wide_int16", "wide_dynamic")}, tmp_path, "mps2_an386")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
@pytest.mark.parametrize("board", ["mps2_an386", "riscv32_virt"])
@pytest.mark.parametrize("types", ["int16", "dynamic", "float16"])
def test_networks_with_weights_of_another_type_are_benched_and_verified(
    types: str, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing_tools(board):
        pytest.skip(reason)
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    for name in ("wide", "skip", "conv_1d", "transpose"):
        path = tmp_path / f"{name}_{types}.tflite"
        path.write_bytes(converted(name, types))
        result = harness.bench(path, board=board)
        assert result.verified
        assert result.verification.layers == len(result.layers)


def check(models: dict[str, bytes], folder: Path, board_id: str = "host") -> None:
    """Compare the outputs of all models, in one program, with the reference's."""
    board = load_board(board_id)
    rendered = {name: RUNTIME.render(data, board, name=name) for name, data in models.items()}
    program = merge(list(rendered.values()))
    ports = [port for model in rendered.values() for port in model.inputs]
    sets = [
        [standard_inputs(port.dtype, port.shape, port.zero_point, count=8)[step][1] for port in ports]
        for step in range(8)
    ]
    if board_id == "host":
        answers = [run.outputs for run in build_host(program, folder, with_layers=False).run(sets)]
    else:
        answers = run_on_board(program, board_id, folder, sets)
    for inputs, outputs in zip(sets, answers, strict=True):
        for (name, data), given, got in zip(models.items(), inputs, outputs, strict=True):
            (wanted,) = Golden(data).outputs([given])
            assert compare(got, wanted).equal, name


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
@pytest.mark.parametrize("name", ["dilated_int8", "conv_1d_int8"])
def test_every_layer_of_a_dilated_network_equals_its_tensor(
    name: str, models: dict[str, bytes], tmp_path: Path
) -> None:
    rendered: RenderedModel = RUNTIME.render(models[name], load_board("host"), name="net")
    port = rendered.inputs[0]
    inputs = [standard_inputs(port.dtype, port.shape, port.zero_point, count=5)[4][1]]
    (run,) = build_host(rendered, tmp_path).run([inputs])
    wanted = Golden(models[name]).tensors(inputs, [layer.output.tensor for layer in rendered.layers])
    for layer, got in zip(rendered.layers, run.layers, strict=True):
        golden = wanted[layer.output.tensor].reshape(got.shape)
        assert compare(got, golden).equal, layer.name
