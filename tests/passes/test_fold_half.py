# SPDX-License-Identifier: Apache-2.0
"""Half-precision constants become single-precision ones."""

from __future__ import annotations

import numpy as np

from harness.passes import simplify
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.tflite import read_model


def test_a_dequantize_of_a_half_precision_constant_becomes_a_constant() -> None:
    values = np.array([[1.5, -0.0, 6.1e-5, np.inf]], np.float16)
    tensors = [
        TensorSpec(shape=(1, 4), dtype="float16", data=values),
        TensorSpec(shape=(1, 4), dtype="float32"),
        TensorSpec(shape=(1, 4), dtype="float32"),
        TensorSpec(shape=(1, 4), dtype="float32"),
    ]
    operators = [
        OperatorSpec(op="DEQUANTIZE", inputs=(0,), outputs=(1,), version=3),
        OperatorSpec(op="ADD", inputs=(2, 1), outputs=(3,), options="AddOptions"),
    ]
    graph = simplify(read_model(build_model(tensors, operators, inputs=[2], outputs=[3]), name="net"))
    assert [node.op for node in graph.nodes] == ["ADD"]
    data = graph.tensor(1).data
    assert data is not None
    assert data.dtype == np.float32
    assert data.tobytes() == values.astype(np.float32).tobytes()


def test_a_dequantize_that_the_model_shows_stays() -> None:
    tensors = [
        TensorSpec(shape=(2,), dtype="float16", data=np.ones(2, np.float16)),
        TensorSpec(shape=(2,), dtype="float32"),
    ]
    operators = [OperatorSpec(op="DEQUANTIZE", inputs=(0,), outputs=(1,), version=3)]
    graph = simplify(read_model(build_model(tensors, operators, inputs=[], outputs=[1]), name="net"))
    assert [node.op for node in graph.nodes] == ["DEQUANTIZE"]


def test_a_variable_that_a_constant_is_widened_into_begins_with_it() -> None:
    tensors = [
        TensorSpec(shape=(1, 2), dtype="float16", data=np.array([[0.5, 0]], np.float16)),
        TensorSpec(shape=(1, 2), dtype="float32", is_variable=True),
        TensorSpec(shape=(1, 2), dtype="float16", data=np.zeros((1, 2), np.float16)),
        TensorSpec(shape=(1, 2), dtype="float32", is_variable=True),
        TensorSpec(shape=(1, 2), dtype="float32"),
    ]
    operators = [
        OperatorSpec(op="DEQUANTIZE", inputs=(0,), outputs=(1,), version=3),
        OperatorSpec(op="DEQUANTIZE", inputs=(2,), outputs=(3,), version=3),
        OperatorSpec(op="ADD", inputs=(1, 3), outputs=(4,), options="AddOptions"),
    ]
    graph = simplify(read_model(build_model(tensors, operators, inputs=[], outputs=[4]), name="net"))
    assert [node.op for node in graph.nodes] == ["ADD"]
    first, second = graph.tensor(1), graph.tensor(3)
    assert first.is_variable
    assert first.initial is not None
    assert first.initial.tolist() == [[0.5, 0]]
    assert (second.is_variable, second.initial) == (True, None)
