# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a task's data, said before anything is trained."""

from __future__ import annotations

import re

import numpy as np

from harness.errors import BadTask
from harness.tasks._base import Data, Floats, Split, Task

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_task(name: str, task: Task) -> None:
    """Raise BadTask for names of metrics that objectives could not name."""
    for metric in (task.metric, *task.metrics):
        if not _NAME.fullmatch(metric):
            raise BadTask(
                f"the task {name!r} calls a metric {metric!r}", hint="Use small letters, digits and underscores."
            )
    if task.metric in task.metrics:
        raise BadTask(f"the task {name!r} has the metric {task.metric!r} twice", hint="Leave it out of metrics.")


def check_data(name: str, task: Task, data: Data) -> None:
    """Raise BadTask where the data is not what the task promises, naming the part and the first sample."""
    if not isinstance(data, Data):
        raise BadTask(f"load_data of the task {name!r} returns {type(data).__name__}, not Data")
    for part, split in data.splits():
        where = f"the {part} data of the task {name!r}"
        _check_arrays(where, split, data.train)
        _check_range(where, split.inputs, task.input_range)
        _check_targets(where, split, task, data.classes)


def check_splits(name: str, task: Task, data: Data) -> None:
    """Raise BadTask where what shall be unseen was seen, or asks for what could not be learnt."""
    _require_unseen(name, "validation", data.validation, "train", data.train)
    _require_unseen(name, "test", data.test, "train", data.train)
    _require_unseen(name, "test", data.test, "validation", data.validation)
    if not task.has_classes:
        return
    known = set(np.unique(data.train.targets).tolist())
    for part, split in data.splits()[1:]:
        unknown = sorted(set(np.unique(split.targets).tolist()) - known)
        if unknown:
            raise BadTask(
                f"the {part} data of the task {name!r} has the class {_class(unknown[0], data.classes)}, of which the"
                " train data has no sample",
                hint="Split the data so that each part has all classes.",
            )


def _check_arrays(where: str, split: Split, train: Split) -> None:
    for what, array in (("inputs", split.inputs), ("targets", split.targets)):
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            raise BadTask(f"the {what} of {where} are no array of samples, but {type(array).__name__}")
    count = len(split.inputs)
    if count == 0 or len(split.targets) != count:
        raise BadTask(f"{where} has {count} inputs and {len(split.targets)} targets")
    shape = train.inputs.shape[1:]
    if split.inputs.dtype != np.float32 or split.inputs.shape[1:] != shape or not shape:
        wanted = f"shape {shape}" if shape else "a shape: [sample, ...]"
        given = f"{split.inputs.dtype} of shape {split.inputs.shape[1:]}"
        raise BadTask(f"{where} is {given}, not float32 of {wanted}")
    if split.targets.shape[1:] != train.targets.shape[1:]:
        raise BadTask(
            f"{where} has targets of shape {split.targets.shape[1:]}, the train data of {train.targets.shape[1:]}"
        )


def _check_range(where: str, inputs: Floats, wanted: tuple[float, float]) -> None:
    low, high = wanted
    wrong = ~(np.isfinite(inputs) & (inputs >= low) & (inputs <= high))
    samples = wrong.reshape(len(inputs), -1).any(axis=1)
    if samples.any():
        first = int(np.argmax(samples))
        raise BadTask(
            f"{where} leaves its range of {low:g} to {high:g}, or is not finite: {samples.sum()} of {len(inputs)}"
            f" samples, first sample {first}, which holds {inputs[first][wrong[first]][0]:g}",
            hint="Scale the inputs, or set the task's input_range to what they are.",
        )


def _check_targets(where: str, split: Split, task: Task, classes: tuple[str, ...]) -> None:
    targets = split.targets
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        first = int(np.argmax(~np.isfinite(targets).reshape(len(targets), -1).all(axis=1)))
        raise BadTask(f"{where} has targets that are not finite, first of sample {first}")
    if not task.has_classes or not task.families:
        return
    if targets.dtype.kind not in "iu" or targets.ndim != 1:
        raise BadTask(
            f"{where} has targets {targets.dtype} of shape {targets.shape}, but {task.loss} needs the number of a"
            " class, a whole number, for each sample",
            hint="Or choose another loss: categorical_crossentropy for one-hot targets, mse for numbers.",
        )
    numbers = targets.astype(np.int64)
    wrong = (numbers < 0) | (numbers >= (len(classes) or np.inf))
    if wrong.any():
        first = int(np.argmax(wrong))
        bound = f"0 to {len(classes) - 1}" if classes else "0 and above"
        raise BadTask(f"{where} has the class {numbers[first]}, first of sample {first}: classes are {bound}")


def _require_unseen(name: str, part: str, split: Split, other: str, against: Split) -> None:
    """Raise BadTask where more than a hundredth of a part stands in another."""
    seen = {sample.tobytes() for sample in against.inputs}
    shared = [number for number, sample in enumerate(split.inputs) if sample.tobytes() in seen]
    if 100 * len(shared) > len(split.inputs):
        raise BadTask(
            f"{len(shared)} of the {len(split.inputs)} samples of the {part} data of the task {name!r} stand in the"
            f" {other} data too, first sample {shared[0]}: a score on them would say nothing",
            hint="Take out what is twice in the data, then split it.",
        )


def _class(number: int, classes: tuple[str, ...]) -> str:
    return f"{number} ({classes[number]})" if 0 <= number < len(classes) else str(number)
