# SPDX-License-Identifier: Apache-2.0
"""The contract of a technique of compression, for the tests of ours and of other people's.

Derive a class, say which technique with which parameters, and pytest runs the contract::

    class TestMine(CompressionContract):
        technique = "mine"
        parameters = MappingProxyType({"strength": 0.5})
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.compress import Network, load_technique, parameters_of_steps, suggest_steps
from harness.records import CompressionStep, Scalar, canonical_json, from_plain
from harness.reference import Golden
from harness.tasks import FixedSpace, Floats, keras
from harness.tflite import read_model
from harness.train import convert

SHAPE = (8, 8, 1)
_SAMPLES = 16


def example_network() -> Network:
    """Return a small network with every layer that a technique meets here: the weights are always the same."""
    keras().backend.clear_session()
    keras().utils.set_random_seed(7)
    layers = keras().layers
    start = layers.Input(SHAPE)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(start)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)(x)
    x = layers.Conv2D(12, 1, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(10, activation="relu")(layers.Flatten()(x))
    return Network(model=keras().Model(start, layers.Dense(4, activation="softmax")(x)))


def example_inputs() -> Floats:
    """Return inputs [sample, height, width, channel] in [0, 1), always the same."""
    return np.random.default_rng(7).random((_SAMPLES, *SHAPE), dtype=np.float32)


def train_briefly(model: Any, *, callbacks: Any = ()) -> int:
    """Train for two epochs on data that is always the same."""
    keras().utils.set_random_seed(7)
    targets = np.arange(_SAMPLES, dtype=np.int32) % 4
    optimizer = keras().optimizers.Adam()
    optimizer.build(model.trainable_variables)  # else the step is traced twice
    model.compile(optimizer, "sparse_categorical_crossentropy")
    model.fit(example_inputs(), targets, epochs=2, callbacks=list(callbacks), verbose=0)
    return 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A network as it was before and is after a technique was applied to it twice, and both results."""

    before: tuple[Any, list[NDArray[np.float32]]]  # configuration and weights
    network: Network
    results: tuple[Network, Network]


class CompressionContract:
    """What every technique must hold: deterministic, input untouched, output converts, parameters round-trip."""

    technique: ClassVar[str]
    parameters: ClassVar[Mapping[str, Scalar]] = MappingProxyType({})

    @pytest.fixture(scope="class")
    @classmethod
    def applied(cls) -> Applied:
        """Apply the technique twice to the example, with the example's training."""
        network, technique = example_network(), load_technique(cls.technique)
        before = network.model.get_config(), [values.copy() for values in network.model.get_weights()]
        first, second = (technique.apply(network, cls.parameters, fine_tune=train_briefly, seed=7) for _ in range(2))
        return Applied(before=before, network=network, results=(first, second))

    def test_the_same_seed_gives_the_same_model_and_it_converts(self, applied: Applied) -> None:
        first, second = (convert(result, example_inputs(), name="m") for result in applied.results)
        assert first == second
        graph = read_model(first, name="m")
        port = graph.tensor(graph.inputs[0])
        outputs = Golden(first).outputs([np.zeros(port.shape, port.dtype.value)])
        assert outputs[0].shape == (1, 4)

    def test_the_network_that_is_given_stays_as_it_is(self, applied: Applied) -> None:
        config, weights = applied.before
        assert applied.network.types == "float32"
        assert applied.network.model.get_config() == config
        assert _equal(applied.network.model.get_weights(), weights)
        assert all(result is not applied.network for result in applied.results)

    def test_parameters_round_trip_through_a_record_and_a_space(self) -> None:
        step = CompressionStep(name=self.technique, parameters=tuple(sorted(self.parameters.items())))
        assert from_plain(CompressionStep, json.loads(canonical_json(step))) == step
        space = FixedSpace(parameters_of_steps([step], [self.technique]))
        assert suggest_steps(space, [self.technique]) == (step,)

    def test_it_says_what_it_is_and_what_it_gains(self) -> None:
        technique = load_technique(self.technique)
        assert technique.SUMMARY
        assert technique.STAGE in ("network", "types")
        assert technique.GAIN_ON_DEVICE or technique.NOTE


def _equal(some: list[NDArray[np.float32]], others: list[NDArray[np.float32]]) -> bool:
    return len(some) == len(others) and all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))
