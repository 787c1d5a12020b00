# SPDX-License-Identifier: Apache-2.0
"""From a trained network to the bytes of a ``.tflite`` model with a batch of one."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness import proc
from harness.compress import Network
from harness.errors import HarnessError, ToolError, UnsupportedModel
from harness.graph import DType, Graph
from harness.tasks import Floats, captured_stderr, tensorflow
from harness.tflite import read_model

CALIBRATION_SAMPLES = 128
FEW_SAMPLES = 16  # for a model whose weights are not the last: one sample alone may leave a whole layer at zero
_CHILD = "harness.train._convert_child"
_CHILD_SECONDS = 900.0
# Layers on which the converter has been seen to crash, by the names of their classes.
_RECURRENT = ("RNN", "LSTM", "GRU", "Bidirectional")


def convert(network: Network, calibration: Floats, *, name: str) -> bytes:
    """Convert a network; ``calibration`` [sample, ...] are inputs that an int8 model's scales are taken from.

    The batch is fixed at one, so that no operator computes shapes. An int8 model has int8 inputs and outputs. A network
    with recurrent layers is converted in a process of its own, because the converter may crash.
    Raises UnsupportedModel, naming the layer, where it would hold a float tensor, and ToolError, with the converter's
    log, where it cannot be converted at all.
    """
    message = f"TensorFlow cannot convert the network of {name} to {network.types}"
    try:
        with captured_stderr() as captured:
            holder, concrete = _saveable(network)
            if _is_recurrent(network.model):
                model = _convert_apart(holder, concrete, network.types, calibration, message)
            else:
                converter = tensorflow().lite.TFLiteConverter.from_concrete_functions([concrete], holder)
                model = run_converter(converter, network.types, calibration)
    except HarnessError:
        raise
    except Exception as error:  # the converter raises classes of its own, RuntimeError, ValueError and others
        raise _refusal(message, str(error), f"{captured.text}\n{error}") from error
    if network.types == "int8":
        _require_no_floats(read_model(model, name=name))
    return model


def run_converter(converter: Any, types: str, calibration: Floats) -> bytes:
    """Set a converter to float32 or int8 with its calibration samples [sample, ...], and run it."""
    tf = tensorflow()
    if types == "int8":
        samples = calibration[:CALIBRATION_SAMPLES]

        def representative() -> Iterator[list[Floats]]:
            for sample in samples:
                yield [np.ascontiguousarray(sample[np.newaxis])]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    model: bytes = converter.convert()
    return model


def _saveable(network: Network) -> tuple[Any, Any]:
    """Return a module that holds the network's variables, and its function for a batch of one."""
    tf = tensorflow()
    model = network.model
    shape = (1, *model.input_shape[1:])
    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="input"))
    # The converter saves what it is given: the bare variables take a quarter of the time that a Keras model does.
    holder = tf.Module()
    holder.weights = [each if isinstance(each, tf.Variable) else each.value for each in model.variables]  # of Keras 3
    return holder, concrete


def _is_recurrent(model: Any) -> bool:
    """Tell whether a network has recurrent layers, at any depth and under classes derived from those of Keras."""
    layers = list(getattr(model, "layers", ()))
    return any(
        any(kind.__name__.endswith(_RECURRENT) for kind in type(layer).__mro__) or _is_recurrent(layer)
        for layer in layers
    )


def _convert_apart(holder: Any, concrete: Any, types: str, calibration: Floats, message: str) -> bytes:
    """Convert in a child process. Raises ToolError with its log where it crashes, else what ``convert`` raises."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tensorflow().saved_model.save(holder, str(folder / "network"), signatures=concrete)
        np.save(folder / "calibration.npy", calibration[:CALIBRATION_SAMPLES])
        ended = proc.run([sys.executable, "-m", _CHILD, str(folder), types], timeout_seconds=_CHILD_SECONDS)
        if (folder / "error.json").exists():
            raise _refusal(message, json.loads((folder / "error.json").read_text())["error"], ended.output)
        if ended.exit_code != 0 or not (folder / "model.tflite").exists():
            how = f"by signal {-ended.exit_code}" if ended.exit_code < 0 else f"with {ended.exit_code}"
            raise ToolError(
                f"{message}: the converter crashed (its process ended {how})",
                hint="Fix the batch at 1 and set unroll=True in the recurrent layers, or convert to float32.",
                log=ended.output,
            )
        return (folder / "model.tflite").read_bytes()


def _refusal(message: str, error: str, log: str) -> HarnessError:
    """Return the error for what the converter says: its log tells what it does not know from what went wrong."""
    if "failed to legalize" in log or "not yet supported for op" in f"{log}\n{error}":
        return UnsupportedModel(f"{message}: {_first_cause(error)}", log=log)
    return ToolError(message, log=log)


def _require_no_floats(graph: Graph) -> None:
    """Raise UnsupportedModel, naming the layer that computes in floats rather than a conversion before or after it."""
    nodes = sorted(graph.nodes, key=lambda node: node.op in ("QUANTIZE", "DEQUANTIZE"))
    for node in nodes:
        for index in (*node.inputs, *node.outputs):
            if index >= 0 and graph.tensor(index).dtype in (DType.FLOAT32, DType.FLOAT16):
                layer = graph.tensor(node.outputs[0]).name
                raise UnsupportedModel(
                    f"{graph.name}: the layer {layer!r} ({node.op}) keeps the float tensor "
                    f"{graph.tensor(index).name!r} in an int8 model",
                    hint="Build the network from layers that TensorFlow Lite can quantize to int8.",
                )


def _first_cause(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error:" in line or "not yet supported" in line), lines[0] if lines else "")
