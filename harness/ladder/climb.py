# SPDX-License-Identifier: Apache-2.0
"""From the float original down to the board, one step after the other, on the same samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, UserError
from harness.graph import Tensor
from harness.ladder.answers import (
    Converted,
    calibration_of,
    device_answers,
    read_converted,
    reference_answers,
    use_of_input,
)
from harness.ladder.findings import Calibration, InputUse, Ladder, Step, judge
from harness.reference import compare, describe_reference
from harness.tasks import Floats, LoadedTask, Need, Split, load_task
from harness.tflite import read_file
from harness.train import dequantized, model_inputs, open_keras_file
from harness.train.convert import CALIBRATION_SAMPLES

Array = NDArray[np.generic]
Watch = Callable[[str], None]

HOST = "host"


def climb(
    model: Path,
    task: str,
    *,
    board: str = "mps2_an386",
    samples: int = 100,
    allowed_drop: float = 0.02,
    trust: bool = False,
    watch: Watch = lambda _stage: None,
) -> Ladder:
    """Score a model at every step on the same samples of a task's test data.

    A ``.keras`` file is run in floats by the Keras that wrote it, and converted to int8, calibrated with the training
    data (``trust`` lets it run code of its own); a ``.tflite`` file begins in the reference interpreter. Then follow
    the generated code on the host and on ``board``. An error after the first step is in the result, with the steps
    before it; what is wrong with the arguments, or at the first step, is raised.
    """
    loaded = load_task(task, need=Need.DATA)
    found = _Climb(loaded=loaded, split=loaded.data.test.spread(samples))
    failure = None
    stages = [""]

    def note(stage: str) -> None:
        stages.append(stage)
        watch(stage)

    try:
        converted = _begin(found, model, note, trust=trust)
        inputs = model_inputs(converted.model, found.split.inputs)
        note("reference interpreter")
        described = describe_reference()
        what = f"{described.package} {described.version}, {described.kernels}"
        found.add(converted.types, what, reference_answers(converted, inputs), converted.output)
        for name in dict.fromkeys((HOST, board)):
            answers = device_answers(converted, name, inputs, _named(name, note))
            found.add(name, "generated C", answers, converted.output)
    except HarnessError as error:
        if not found.steps:
            raise
        error.stage = error.stage or stages[-1]
        failure = error
    return found.ladder(str(model), allowed_drop, failure)


def _named(name: str, watch: Watch) -> Watch:
    return lambda stage: watch(f"{name}: {stage}")


@dataclass(slots=True, kw_only=True)
class _Climb:
    """The steps so far, and the answers at the last of them."""

    loaded: LoadedTask
    split: Split
    steps: list[Step] = field(default_factory=list)
    calibration: Calibration | None = None
    input: InputUse | None = None
    raw: Sequence[Array] = ()
    outputs: Floats | None = None

    @property
    def classes(self) -> bool:
        """Whether the answer to a sample is a class: the place of the largest output."""
        targets = self.split.targets
        return bool(targets.ndim == 1 and targets.dtype.kind in "iu" and len(set(targets.tolist())) > 1)

    def add(self, name: str, what: str, raw: Sequence[Array], port: Tensor | None) -> None:
        """Score the outputs [sample][...] of a step; those of a converted model are turned into floats first."""
        outputs = np.concatenate(raw).astype(np.float32) if port is None else dequantized(np.concatenate(raw), port)
        value = float(self.loaded.task.score(outputs, self.split.targets))
        above = self.steps[-1] if self.steps else None
        self.steps.append(
            Step(
                name=name,
                what=what,
                value=value,
                drop=None if above is None else above.value - value,
                changed=None if self.outputs is None else self._changed(self.outputs, outputs),
                unequal=self._unequal(raw),
                constant=self._constant(outputs),
            )
        )
        self.raw, self.outputs = raw, outputs

    def ladder(self, model: str, allowed_drop: float, failure: HarnessError | None) -> Ladder:
        """Return what was found, judged."""
        metric = self.loaded.task.metric
        culprit, problems = judge(
            self.steps, metric, allowed_drop=allowed_drop, calibration=self.calibration, use=self.input
        )
        return Ladder(
            model=model,
            task=self.loaded.name,
            metric=metric,
            samples=len(self.split.inputs),
            steps=tuple(self.steps),
            calibration=self.calibration,
            input=self.input,
            culprit=culprit,
            problems=problems,
            failure=failure,
        )

    def _changed(self, before: Floats, after: Floats) -> int | None:
        if not self.classes or before.shape != after.shape or before.ndim < 2:
            return None
        return int(np.sum(np.argmax(before, axis=-1) != np.argmax(after, axis=-1)))

    def _unequal(self, raw: Sequence[Array]) -> int | None:
        if not self.raw or self.raw[0].dtype != raw[0].dtype or self.raw[0].shape != raw[0].shape:
            return None
        return sum(not compare(got, wanted).equal for got, wanted in zip(raw, self.raw, strict=True))

    def _constant(self, outputs: Floats) -> str:
        if len(outputs) < 2:
            return ""
        if self.classes and outputs.ndim == 2 and outputs.shape[1] > 1:
            answers = set(np.argmax(outputs, axis=-1).tolist())
            return f"class {answers.pop()}" if len(answers) == 1 else ""
        first = outputs[0].reshape(-1)
        shown = ", ".join(f"{value:g}" for value in first[:4]) + (", ..." if len(first) > 4 else "")
        return shown if np.all(outputs == outputs[0]) else ""


def _begin(found: _Climb, model: Path, watch: Watch, *, trust: bool) -> Converted:
    """Take the first step of a ``.keras`` file; return the model that the others run."""
    if model.suffix == ".keras":
        calibration = found.loaded.data.train.inputs[:CALIBRATION_SAMPLES]
        opened = open_keras_file(model, found.split.inputs, calibration, trust=trust, watch=watch)
        found.add("float", opened.keras, [opened.outputs], None)
        if opened.failure is not None:
            raise opened.failure
        converted = read_converted(opened.int8, f"{model.stem}.tflite")
        found.calibration = calibration_of(
            converted.graph, read_converted(opened.one_sample, converted.name).graph, len(calibration)
        )
    elif model.suffix == ".tflite":
        converted = read_converted(read_file(model), model.name)
    else:
        raise UserError(f"{model} is neither a .keras nor a .tflite file")
    found.input = use_of_input(converted, found.split.inputs)
    return converted
