# SPDX-License-Identifier: Apache-2.0
"""What a ladder finds, and what of it is a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.errors import HarnessError

MOST_CLIPPED = 0.01  # of the values of all samples
LEAST_USED = 0.25  # of the levels of the input's type


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A model's answers at one step.

    ``drop`` is how much less than at the step above the metric is, ``changed`` for how many samples the answer (the
    class, where targets are classes) is another, ``unequal`` for how many the output is not that of the step above by
    the rule of verification (None where the types differ). ``constant`` says what the answer to every sample is.
    """

    name: str
    what: str
    value: float
    drop: float | None = None
    changed: int | None = None
    unequal: int | None = None
    constant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How many scales of activations differ from those that the first sample alone gives."""

    samples: int
    scales: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUse:
    """The share of input values that the model's input type cannot hold, and the share of its levels that are used."""

    clipped: float
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The steps, the problems in words, and the error that ended the climb where one did.

    ``culprit`` is the step that loses most, where that is more than was allowed.
    """

    model: str
    task: str
    metric: str
    samples: int
    steps: tuple[Step, ...]
    calibration: Calibration | None
    input: InputUse | None
    culprit: str | None
    problems: tuple[str, ...]
    failure: HarnessError | None = None


def judge(
    steps: Sequence[Step], metric: str, *, allowed_drop: float, calibration: Calibration | None, use: InputUse | None
) -> tuple[str | None, tuple[str, ...]]:
    """Return the step that loses most of the metric, None where that is not too much, and all problems in words."""
    problems = []
    constant = next((step for step in steps if step.constant), None)
    if constant is not None:
        problems.append(f"{constant.name} gives the same answer for every sample: {constant.constant}")
    if calibration is not None and calibration.scales and not calibration.changed:
        problems.append(
            f"the {calibration.samples} calibration samples give the scales that the first of them gives alone: "
            "they are all alike, and the model is calibrated for nothing else"
        )
    if use is not None and use.clipped > MOST_CLIPPED:
        problems.append(
            f"{use.clipped:.1%} of the input values lie outside what the model's input can hold: "
            "it was calibrated with other data, or data that were scaled otherwise"
        )
    if use is not None and use.used < LEAST_USED:
        problems.append(
            f"the samples use {use.used:.1%} of the levels of the model's input: "
            "it was calibrated with other data, or data that were scaled otherwise"
        )
    falls = [(step.drop, above, step) for above, step in pairwise(steps) if step.drop is not None]
    worst = max(falls, key=lambda fall: fall[0], default=None)
    if worst is None or worst[0] <= allowed_drop:
        return None, tuple(problems)
    drop, above, step = worst
    fall = f"{step.name} loses {drop:.4f} of {metric}: {above.value:.4f} before ({above.name}), {step.value:.4f} after"
    return step.name, (fall, *problems)
