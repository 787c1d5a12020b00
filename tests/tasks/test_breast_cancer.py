# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from harness.tasks import load_task
from harness.tasks.breast_cancer import recall

pytestmark = pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is not installed")


def test_every_part_has_both_classes_alike_and_the_constants_give_the_inputs_of_the_raw_measures() -> None:
    from sklearn.datasets import load_breast_cancer

    data = load_task("breast_cancer").data
    assert [len(split.inputs) for _, split in data.splits()] == [341, 113, 115]
    assert all(0.36 < split.targets.mean() < 0.38 for _, split in data.splits())
    constants = dict(data.preprocessing)
    mean, scale = (np.array([constants[f"{name}_{at}"] for at in range(30)]) for name in ("mean", "scale"))
    raw = load_breast_cancer()
    scaled = np.clip((raw.data - mean) / scale, -1, 1)
    places = [int(np.argmin(np.abs(scaled - row).sum(axis=1))) for row in data.test.inputs]
    np.testing.assert_allclose(data.test.inputs, scaled[places], atol=1e-4)
    assert (raw.target[places] == 1 - data.test.targets).all(), "1 is malignant"


def test_recall_is_the_share_of_the_malignant_that_is_found() -> None:
    outputs = np.array([[0.1, 0.9], [0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
    assert recall(outputs, np.array([1, 1, 0, 0])) == 0.5
    assert recall(outputs, np.zeros(4)) == 0.0
