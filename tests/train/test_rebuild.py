# SPDX-License-Identifier: Apache-2.0
"""Networks of Keras 3 in tf-keras: they answer alike, or what tf-keras lacks is named."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import BadModel
from harness.tasks import Floats
from harness.train.rebuild import rebuild

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("keras") is None, reason="Keras 3 is not installed"),
]


def read(keras3_folder: Path, name: str) -> tuple[str, tuple[tuple[Floats, ...], ...], Floats]:
    told = json.loads((keras3_folder / f"{name}.json").read_text())
    with np.load(keras3_folder / f"{name}.npz") as archive:
        places = [tuple(map(int, key.split("_"))) for key in archive.files if key != "outputs"]
        weights = tuple(
            tuple(archive[f"{layer}_{number}"] for number in range(sum(at == layer for at, _ in places)))
            for layer in range(told["layers"])
        )
        return told["config"], weights, archive["outputs"]


def rebuilt(keras3_folder: Path, name: str) -> tuple[Any, Floats]:
    config, weights, outputs = read(keras3_folder, name)
    return rebuild(config, weights, native=False, trust=False), outputs


@pytest.mark.parametrize("name", ["chain", "branch", "shared", "nested", "recurrent", "timed"])
def test_a_network_of_keras_3_answers_the_same_in_tf_keras(keras3_folder: Path, name: str) -> None:
    model, outputs = rebuilt(keras3_folder, name)
    samples = np.load(keras3_folder / "samples.npy")
    np.testing.assert_allclose(np.asarray(model(samples, training=False)), outputs, atol=1e-5, rtol=1e-4)
    assert type(model).__module__.startswith("tf_keras")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ops", "computes Multiply between its layers"),
        ("norm", r"no layer RMSNormalization \(the layer 'rms_normalization"),
    ],
)
def test_what_tf_keras_lacks_is_named(keras3_folder: Path, name: str, says: str) -> None:
    with pytest.raises(BadModel, match=says):
        rebuilt(keras3_folder, name)
