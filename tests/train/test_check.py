# SPDX-License-Identifier: Apache-2.0
"""Networks and scores that cannot be are named before anything trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from harness.errors import BadTask
from harness.tasks import Build, Data, LoadedTask, Score, Space, Split, Task, accuracy, keras
from harness.train import check_networks

pytestmark = pytest.mark.skipif(find_spec("tensorflow") is None, reason="the training stack is not installed")


def split(count: int) -> Split:
    inputs = np.random.default_rng(count).random((count, 4), dtype=np.float32)
    return Split(inputs=inputs, targets=(np.arange(count) % 3).astype(np.int32))


SPARSE = "sparse_categorical_crossentropy"
DATA = Data(train=split(30), validation=split(12), test=split(9))


def network(inputs: int = 4, outputs: int = 3, heads: int = 1) -> Any:
    layers = keras().layers
    start = layers.Input((inputs,))
    ends = [layers.Dense(outputs, activation="softmax")(start) for _ in range(heads)]
    return keras().Model(start, ends[0] if heads == 1 else ends)


def task(
    build: Callable[[int], Any], *, score: Score = accuracy, loss: str = "sparse_categorical_crossentropy"
) -> Task:
    def family(space: Space) -> Build:
        width = space.suggest_int("width", 1, 8)
        space.suggest_float("rate", 0.0, 1.0)
        space.suggest_categorical("mode", ("a", "b"))
        return lambda: build(width)

    return Task(
        summary="s",
        input_range=(0.0, 1.0),
        metric="accuracy",
        score=score,
        load_data=lambda: DATA,
        loss=loss,
        families={"mine": family},
    )


def check(wrong: Task) -> None:
    check_networks(LoadedTask(name="t", task=wrong, data=DATA, files=()))


def fails(width: int) -> Any:
    if width == 8:
        raise ValueError("too wide")
    return network()


def raises(_outputs: object, _targets: object) -> float:
    raise IndexError("out of bounds")


def test_a_task_that_is_right_is_left_alone() -> None:
    check(task(lambda _width: network()))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            task(fails),
            r"family 'mine' of the task 't' \(width 8, rate 1.0, mode b\) cannot be built: ValueError: too wide",
        ),
        (task(lambda _width: None), "builds nothing"),
        (task(lambda _width: [1]), "builds builtins.list, no model of tf_keras"),
        (task(lambda _width: network(inputs=5)), r"takes inputs of shape \(5,\), the samples are \(4,\)"),
        (task(lambda _width: network(heads=2)), "has 2 outputs, but a task is scored by one"),
        (task(lambda _width: network(outputs=2)), "has 2 outputs, but the train data has the class 2"),
        (task(lambda _width: network(), loss="categorical_crossentropy"), "the loss 'categorical_crossentropy' fails"),
        (task(lambda _width: network(), loss="no_such_loss"), "the loss 'no_such_loss' fails"),
        (task(lambda _width: network(), score=lambda _o, _t: float("nan")), "the metric 'accuracy' is nan"),
        (task(lambda _width: network(), score=raises), "the metric 'accuracy' fails on .* IndexError: out of bounds"),
        (
            replace(task(lambda _width: network()), metrics={"recall": lambda _o, _t: float("inf")}),
            "the metric 'recall' is inf",
        ),
    ],
    ids=range(11),
)
def test_what_cannot_be_is_named(wrong: Task, says: str) -> None:
    with pytest.raises(BadTask, match=says):
        check(wrong)


def test_a_parameter_that_nothing_can_be_taken_of_names_its_family() -> None:
    def family(space: Space) -> Build:
        space.suggest_int("layers", 2, 1)
        return network

    wrong = replace(task(lambda _width: network()), families={"mine": family})
    with pytest.raises(BadTask, match="the family 'mine' of the task 't': layers shall be from 2 to 1"):
        check(wrong)
