# SPDX-License-Identifier: Apache-2.0
"""What the distance of other kernels to the TFLite reference means: the metric of a task, scored with both."""

from __future__ import annotations

import dataclasses

from harness.measure import GoldenSet
from harness.records import MetricEffect
from harness.reference import Golden
from harness.tasks import Need, load_task
from harness.train import evaluate

_SAMPLES = 200


def with_effect(golden: GoldenSet, model: bytes, task: str) -> GoldenSet:
    """Return a golden set whose distance says how both kernels score on test samples of a task, spread over all.

    A set whose golden outputs are those of the TFLite reference has no distance, and stays as it is.
    Raises BadTask, or BadModel where the model does not take the task's samples.
    """
    if golden.distance is None:
        return golden
    loaded = load_task(task, need=Need.DATA)
    split = loaded.data.test.spread(_SAMPLES)
    effect = MetricEffect(
        task=loaded.name,
        metric=loaded.task.metric,
        samples=len(split.inputs),
        reference=evaluate(model, split, loaded.task, Golden(model)),
        kernels=evaluate(model, split, loaded.task, golden.golden),
    )
    return dataclasses.replace(golden, distance=dataclasses.replace(golden.distance, effect=effect))
