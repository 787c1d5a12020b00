# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from harness.compress import Network, apply_steps, describe_technique, describe_techniques, load_technique
from harness.errors import UserError
from harness.records import CompressionStep
from harness.tasks import keras
from harness.testing.compression import SHAPE, example_inputs, train_briefly
from harness.tflite import read_model
from harness.train import convert

PRUNE = CompressionStep(name="magnitude_pruning", parameters=(("sparsity", 0.5),))
REMOVE = CompressionStep(name="filter_pruning", parameters=(("fraction", 0.5),))
INT8 = CompressionStep(name="int8")


def test_magnitude_pruning_makes_the_wanted_share_of_each_kernel_zero_and_int8_keeps_them() -> None:
    layers = keras().layers
    start = layers.Input(SHAPE)
    x = layers.Dense(20, activation="relu")(layers.Flatten()(start))
    network = Network(model=keras().Model(start, layers.Dense(4, activation="softmax")(x)))
    pruned = apply_steps(network, [PRUNE, INT8], fine_tune=train_briefly, seed=0)
    kernels = [values for values in pruned.model.get_weights() if values.ndim == 2]
    assert [float(np.mean(kernel == 0)) for kernel in kernels] == [0.5, 0.5]
    model = read_model(convert(pruned, example_inputs(), name="m"), name="m")
    kernel = next(tensor for tensor in model.tensors.values() if tensor.shape == (20, 64))
    assert kernel.data is not None
    assert np.mean(kernel.data == 0) >= 0.5


def test_only_magnitude_pruning_buys_nothing_on_the_device_and_says_why() -> None:
    facts = {each.name: each for each in describe_techniques()}
    assert [name for name, each in facts.items() if not each.gain_on_device] == ["magnitude_pruning"]
    assert "until there are kernels for sparse weights" in facts["magnitude_pruning"].note
    assert describe_technique("int8") == facts["int8"]


def test_an_unknown_technique_names_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        load_technique("int88")
    assert "Did you mean 'int8'" in str(caught.value)


@pytest.mark.parametrize("steps", [[INT8, PRUNE], [PRUNE, REMOVE], [INT8, INT8]])
def test_steps_in_an_order_that_makes_no_sense_are_refused(steps: list[CompressionStep]) -> None:
    with pytest.raises(UserError, match="cannot come in this order"):
        apply_steps(Network(model=None), steps, fine_tune=train_briefly, seed=0)


@pytest.mark.parametrize(("name", "parameters"), [("int8", {"bits": 4}), ("magnitude_pruning", {"sparsity": 1.5})])
def test_wrong_parameters_are_refused(name: str, parameters: dict[str, float]) -> None:
    with pytest.raises(UserError, match=f"{name} takes"):
        load_technique(name).apply(Network(model=None), parameters, fine_tune=train_briefly, seed=0)
