# SPDX-License-Identifier: Apache-2.0
"""Running a converted model over data in the reference interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from harness.errors import BadModel, BadTask
from harness.graph import DType, Tensor
from harness.reference import Golden
from harness.tasks import Array, Floats, Score, Split, Task
from harness.tflite import read_model


class Interpreter(Protocol):
    """Runs one model: each of its inputs alone, or all one after the other."""

    def outputs(self, inputs: Sequence[Array]) -> tuple[Array, ...]: ...

    def sequence(self, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]: ...


def evaluate(model: bytes, split: Split, task: Task, interpreter: Interpreter | None = None) -> float:
    """Return the task's score of a converted model in the reference interpreter, or in another that has the model.

    Integer outputs are turned into floats before they are scored.
    """
    outputs = predict(model, split.inputs, interpreter)
    return checked_score(task.metric, task.score, outputs, split.targets)


def evaluate_all(model: bytes, split: Split, task: Task) -> dict[str, float]:
    """Return all scores of a task by name, of a converted model over one run of the data.

    Raises BadTask where a score raises or is no number.
    """
    outputs = predict(model, split.inputs)
    return {name: checked_score(name, score, outputs, split.targets) for name, score in task.scores.items()}


def checked_score(name: str, score: Score, outputs: Floats, targets: Array) -> float:
    """Return a score of outputs [sample, ...]. Raises BadTask where it raises or is no finite number."""
    shapes = f"outputs {outputs.shape} and targets {targets.shape}"
    try:
        value = float(score(outputs, targets))
    except Exception as error:  # it is the user's function
        raise BadTask(f"the metric {name!r} fails on {shapes}: {type(error).__name__}: {error}") from error
    if not np.isfinite(value):
        raise BadTask(f"the metric {name!r} is {value} on {shapes}", hint="A score must be a finite number.")
    return value


def predict(model: bytes, samples: Floats, interpreter: Interpreter | None = None) -> Floats:
    """Return the first output [sample, ...] of a converted model in the reference interpreter or another, as floats."""
    interpreter = interpreter or Golden(model)
    graph = read_model(model, name="model")
    output = graph.tensor(graph.outputs[0])
    steps = [[batch] for batch in model_inputs(model, samples)]
    # Samples know nothing of each other: a model with state begins anew for each.
    has_state = any(tensor.is_variable for tensor in graph.tensors.values())
    answers = [interpreter.outputs(step) for step in steps] if has_state else interpreter.sequence(steps)
    return dequantized(np.concatenate([outputs[0] for outputs in answers]), output)


def model_inputs(model: bytes, samples: Floats) -> list[Array]:
    """Turn samples [sample, ...] into a model's inputs, each with its batch of one, in the model's type and scale."""
    graph = read_model(model, name="model")
    if len(graph.inputs) != 1 or graph.tensor(graph.inputs[0]).shape != (1, *samples.shape[1:]):
        raise BadModel(f"the model does not take one sample of shape {samples.shape[1:]}")
    port = graph.tensor(graph.inputs[0])
    return [_quantized(sample[np.newaxis], port) for sample in samples]


def _quantized(values: Floats, tensor: Tensor) -> Array:
    if tensor.dtype is DType.FLOAT32:
        return np.ascontiguousarray(values)
    scale, zero = _scale(tensor)
    limits = np.iinfo(tensor.dtype.value)
    quantized: Array = np.clip(np.rint(values / scale) + zero, limits.min, limits.max).astype(tensor.dtype.value)
    return quantized


def dequantized(values: Array, tensor: Tensor) -> Floats:
    """Turn values of a tensor into the numbers that they stand for."""
    if tensor.dtype is DType.FLOAT32:
        return values.astype(np.float32)
    scale, zero = _scale(tensor)
    return ((values.astype(np.float32) - zero) * scale).astype(np.float32)


def _scale(tensor: Tensor) -> tuple[np.float32, int]:
    if tensor.quantization is None:
        raise BadModel(f"the tensor {tensor.name!r} of type {tensor.dtype} has no scale")
    return np.float32(tensor.quantization.scales[0]), tensor.quantization.zero_points[0]
