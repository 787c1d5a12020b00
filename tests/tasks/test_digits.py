# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from harness.compress import Network
from harness.search.drivers import optuna
from harness.tasks import FixedSpace, LoadedTask, keras, load_task, task_key
from harness.tflite import read_model
from harness.train import convert

ALLOWED = {
    "ADD",
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "RESHAPE",
    "SOFTMAX",
}
NEEDED = {
    "dense": {"FULLY_CONNECTED"},
    "convolutional": {"CONV_2D", "AVERAGE_POOL_2D"},
    "separable": {"DEPTHWISE_CONV_2D", "CONV_2D", "AVERAGE_POOL_2D"},
}


@pytest.fixture(scope="module")
def digits() -> LoadedTask:
    return load_task("digits")


def test_every_scan_is_in_one_part_and_every_part_has_all_classes_alike(digits: LoadedTask) -> None:
    parts = [split for _, split in digits.data.splits()]
    assert [len(part.inputs) for part in parts] == [1077, 360, 360]
    for part in parts:
        shares = np.bincount(part.targets, minlength=10) / len(part.targets)
        assert shares.min() > 0.09
        assert shares.max() < 0.11
    scans = np.concatenate([part.inputs for part in parts]).reshape(1797, -1)
    assert len(np.unique(scans, axis=0)) == 1797


def test_pixels_fill_their_range(digits: LoadedTask) -> None:
    assert digits.task.input_range == (0.0, 1.0)
    assert digits.data.train.inputs.shape[1:] == (8, 8, 1)
    assert (digits.data.train.inputs.min(), digits.data.train.inputs.max()) == (0.0, 1.0)


def test_what_makes_an_input_of_a_scan_travels_with_its_models(digits: LoadedTask) -> None:
    assert digits.data.classes == tuple("0123456789")
    assert digits.data.preprocessing == (("mean", 0.0), ("scale", 16.0))


def test_the_split_is_the_same_every_time(digits: LoadedTask) -> None:
    assert task_key(load_task("digits"), {}) == task_key(digits, {})


@pytest.mark.parametrize("family", sorted(NEEDED))
@pytest.mark.parametrize("number", [0, 1])
def test_networks_of_every_family_convert_to_known_operators_with_a_batch_of_one(
    digits: LoadedTask, family: str, number: int
) -> None:
    driver = optuna.create(digits.task.families[family], ["minimize"], 5)
    parameters = dict(driver.ask(number))
    keras().backend.clear_session()
    network = Network(model=digits.task.families[family](FixedSpace(parameters))(), types="int8")
    graph = read_model(convert(network, digits.data.train.inputs[:8], name=family), name=family)
    operators = {node.op for node in graph.nodes}
    assert operators <= ALLOWED
    assert operators >= NEEDED[family]
    assert graph.tensor(graph.inputs[0]).shape == (1, 8, 8, 1)
    assert graph.tensor(graph.outputs[0]).shape == (1, 10)
