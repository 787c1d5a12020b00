# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import numpy as np

from harness.tasks import Array, Floats, Split, load_task
from harness.train import evaluate
from tests.measure.test_state import summing_model


def test_a_model_with_state_begins_anew_for_each_sample() -> None:
    start = np.linspace(-0.5, 0.5, 6, dtype=np.float32)
    inputs = np.stack([np.full(6, k, np.float32) for k in (1, 2, 3)])
    seen: list[Floats] = []

    def score(outputs: Floats, _targets: Array) -> float:
        seen.append(outputs)
        return 1.0

    task = dataclasses.replace(load_task("digits").task, score=score)
    assert evaluate(summing_model(), Split(inputs=inputs, targets=np.zeros(3)), task) == 1.0
    np.testing.assert_allclose(seen[0], inputs + start)
