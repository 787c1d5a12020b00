# SPDX-License-Identifier: Apache-2.0
"""A whole study with real trainings in processes of their own, measured on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from harness.search import FinishedTrial, Status

TASK = """
import numpy as np
from harness.tasks import Data, Split, Task, TrainingPlan, accuracy, keras

def load_data():
    random = np.random.default_rng(0)
    def split(count):
        targets = np.arange(count, dtype=np.int32) % 2
        return Split(inputs=(random.normal(0, 0.3, (count, 8)) + targets[:, None]).astype(np.float32), targets=targets)
    return Data(train=split(200), validation=split(100), test=split(50))

def network(hidden, learns):
    layers = keras().layers
    start = layers.Input((8,))
    x = start if learns else layers.Dense(1, use_bias=False, kernel_initializer="zeros", trainable=False)(start)
    for units in hidden:
        x = layers.Dense(units, activation="relu")(x)
    return keras().Model(start, layers.Dense(2, activation="softmax")(x))

def good(space):
    units = space.suggest_int("units", 8, 12)
    return lambda: network([units], learns=True)

def deaf(space):
    units = space.suggest_int("units", 40, 60)
    return lambda: network([units, units], learns=False)

def least(space):
    space.suggest_int("nothing", 0, 0)
    return lambda: network([], learns=False)

TASK = Task(
    summary="two clouds", input_range=(-2.0, 3.0), metric="accuracy", score=accuracy, load_data=load_data,
    families={"good": good, "deaf": deaf, "least": least},
    plan=TrainingPlan(
        epochs=8, batch_size=20, learning_rate=1e-2, patience=8, fine_tune_epochs=1, fine_tune_learning_rate=5e-3
    ),
)
"""


@pytest.mark.slow
def test_a_deaf_network_is_stopped_the_least_one_is_kept_and_a_resumed_study_decides_alike(tmp_path: Path) -> None:
    task = tmp_path / "clouds.py"
    task.write_text(TASK)

    def run(results: str, trials: int, *, resume: bool = False) -> tuple[FinishedTrial, ...]:
        return harness.run(
            task=task,
            board="host",
            objectives=("accuracy", "macs@host"),
            compress=("int8",),
            sampler="random",
            trials=trials,
            jobs=2,
            final=0,
            resume=resume,
            results=tmp_path / results,
        ).found.trials

    whole = run("whole", 14)
    least = [trial for trial in whole if trial.candidate.family == "least"]
    assert {trial.outcome.status for trial in least} == {Status.COMPLETE}
    stopped = [trial for trial in whole if trial.outcome.status is Status.STOPPED]
    assert "deaf" in {trial.candidate.family for trial in stopped}
    assert not any(trial.outcome.values for trial in stopped)

    run("parts", 5)
    parts = run("parts", 14, resume=True)
    assert [(trial.candidate, trial.outcome.status) for trial in parts] == [
        (trial.candidate, trial.outcome.status) for trial in whole
    ]
