# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a task's networks and scores, found by building the smallest and the largest, untrained."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.errors import BadTask, HarnessError
from harness.tasks import CornerSpace, Family, Floats, LoadedTask, keras
from harness.train.evaluate import checked_score

_SAMPLES = 500  # enough that every class is among them


def check_networks(loaded: LoadedTask) -> None:
    """Raise BadTask where a family does not build a network for the data, or a loss or score fails on its outputs.

    Each family is built twice: with the least of every parameter, and with the most.
    """
    for name, family in loaded.task.families.items():
        for largest in (False, True):
            model, described = _build(loaded.name, name, family, largest=largest)
            _check(loaded, model, described)
    keras().backend.clear_session()


def _build(task: str, name: str, family: Family, *, largest: bool) -> tuple[Any, str]:
    """Return a network and how to name it in a message."""
    corner = CornerSpace(largest=largest)
    described = f"the family {name!r} of the task {task!r}"
    try:
        build = family(corner)
        given = ", ".join(f"{key} {value}" for key, value in corner.taken.items())
        described += f" ({given})" if given else ""
        model = build()
    except BadTask as error:
        raise BadTask(f"{described}: {error.message}", hint=error.hint) from error
    except HarnessError:
        raise
    except Exception as error:  # it is the user's code
        raise BadTask(f"{described} cannot be built: {type(error).__name__}: {error}") from error
    if not isinstance(model, keras().Model):
        kind = type(model)
        told = "nothing" if model is None else f"{kind.__module__}.{kind.__name__}, no model of tf_keras"
        raise BadTask(
            f"{described} builds {told}",
            hint="It must return a function that returns a network built with harness.tasks.keras().",
        )
    return model, described


def _check(loaded: LoadedTask, model: Any, described: str) -> None:
    task, data = loaded.task, loaded.data
    shape = data.train.inputs.shape[1:]
    taken = tuple(model.input_shape[1:]) if isinstance(model.input_shape, tuple) else model.input_shape
    if taken != shape:
        raise BadTask(f"{described} takes inputs of shape {taken}, the samples are {shape}")
    if not isinstance(model.output_shape, tuple):
        raise BadTask(f"{described} has {len(model.output_shape)} outputs, but a task is scored by one")
    samples, targets = data.validation.inputs[:_SAMPLES], data.validation.targets[:_SAMPLES]
    outputs = np.asarray(model(samples, training=False), np.float32)
    check_outputs(loaded, outputs, described)
    try:
        loss = keras().losses.get(task.loss)
        value = float(np.mean(np.asarray(loss(targets, outputs))))
    except Exception as error:  # Keras raises what it comes across
        raise BadTask(
            f"the loss {task.loss!r} fails on outputs {outputs.shape[1:]} of {described} and targets"
            f" {targets.shape[1:]}: {_first_line(error)}"
        ) from error
    if not np.isfinite(value):
        raise BadTask(f"the loss {task.loss!r} is {value} for {described}, untrained")


def check_outputs(loaded: LoadedTask, outputs: Floats, described: str) -> None:
    """Raise BadTask where outputs [sample, ...] of the first validation samples do not go with the targets."""
    if loaded.task.has_classes:
        _check_classes(loaded, outputs.shape[-1], described)
    targets = loaded.data.validation.targets[: len(outputs)]
    for metric, score in loaded.task.scores.items():
        checked_score(metric, score, outputs, targets)


def _check_classes(loaded: LoadedTask, outputs: int, described: str) -> None:
    """Raise BadTask where a network has fewer outputs than the targets have classes."""
    for part, split in loaded.data.splits():
        largest = int(split.targets.max())
        if largest >= outputs:
            raise BadTask(
                f"{described} has {outputs} outputs, but the {part} data has the class {largest}",
                hint="It needs an output for each class: 0 to the largest target.",
            )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
