# SPDX-License-Identifier: Apache-2.0
"""From a trained network to the bytes of a ``.tflite`` model with a batch of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.compress import Network
from harness.errors import ToolError, UnsupportedModel
from harness.graph import DType, Graph
from harness.tasks import Floats, captured_stderr, tensorflow
from harness.tflite import read_model

CALIBRATION_SAMPLES = 128


def convert(network: Network, calibration: Floats, *, name: str) -> bytes:
    """Convert a network; ``calibration`` [sample, ...] are inputs that an int8 model's scales are taken from.

    The batch is fixed at one, so that no operator computes shapes. An int8 model has int8 inputs and outputs.
    Raises UnsupportedModel, naming the layer, where it would hold a float tensor, and ToolError, with the converter's
    log, where it cannot be converted at all.
    """
    try:
        with captured_stderr() as captured:
            model: bytes = _converter(network, calibration).convert()
    except Exception as error:  # the converter raises classes of its own, RuntimeError, ValueError and others
        log = f"{captured.text}\n{error}"
        message = f"TensorFlow cannot convert the network of {name} to {network.types}"
        if "failed to legalize" in log or "not yet supported for op" in log:
            raise UnsupportedModel(f"{message}: {_first_cause(str(error))}", log=log) from error
        raise ToolError(message, log=log) from error
    if network.types == "int8":
        _require_no_floats(read_model(model, name=name))
    return model


def _converter(network: Network, calibration: Floats) -> Any:
    tf = tensorflow()
    model = network.model
    shape = (1, *model.input_shape[1:])
    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="input"))
    # The converter saves what it is given: the bare variables take a quarter of the time that a Keras model does.
    holder = tf.Module()
    holder.weights = list(model.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], holder)
    if network.types == "int8":
        samples = calibration[:CALIBRATION_SAMPLES]

        def representative() -> Iterator[list[Floats]]:
            for sample in samples:
                yield [np.ascontiguousarray(sample[np.newaxis])]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter


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
