# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from harness.finals.score import score_with_interval
from harness.tasks import Array, Floats, accuracy

OUTPUTS = np.random.default_rng(4).normal(size=(300, 3)).astype(np.float32)
TARGETS = np.argmax(OUTPUTS + np.random.default_rng(5).normal(scale=0.7, size=(300, 3)), axis=1)


def mean_error(outputs: Floats, targets: Array) -> float:
    return -float(np.mean(np.abs(outputs[:, 0] - targets.astype(np.float32))))


def gap_between_classes(outputs: Floats, targets: Array) -> float:
    """A score that needs both classes, as the area under a curve does."""
    if len(set(targets.tolist())) < 2:
        raise ValueError("only one class")
    return float(outputs[targets == 1, 0].mean() - outputs[targets == 0, 0].mean())


def test_a_share_of_samples_gets_wilsons_interval() -> None:
    found = score_with_interval("it", accuracy, OUTPUTS, TARGETS)
    right = int(np.sum(np.argmax(OUTPUTS, axis=1) == TARGETS))
    assert (found.interval, found.samples, found.value) == ("wilson", 300, right / 300)


def test_any_other_score_is_drawn_again_and_again_always_the_same() -> None:
    found = score_with_interval("it", mean_error, OUTPUTS, TARGETS)
    assert found == score_with_interval("it", mean_error, OUTPUTS, TARGETS)
    assert found.interval == "bootstrap"
    assert found.low is not None
    assert found.high is not None
    errors = np.abs(OUTPUTS[:, 0] - TARGETS)
    half = 1.96 * float(errors.std()) / 300**0.5  # a mean of 300 is as good as normal
    assert found.low == pytest.approx(found.value - half, abs=0.1 * half)
    assert found.high == pytest.approx(found.value + half, abs=0.1 * half)


def test_a_score_that_single_samples_lack_is_no_share_and_one_that_resamples_lack_has_no_interval() -> None:
    both = (TARGETS == 1).astype(np.int32)
    assert score_with_interval("it", gap_between_classes, OUTPUTS, both).interval == "bootstrap"
    once = np.zeros(300, np.int32)
    once[7] = 1  # more than a third of the resamples lack it
    found = score_with_interval("it", gap_between_classes, OUTPUTS, once)
    assert (found.interval, found.low, found.high) == ("none", None, None)


def test_a_score_of_0_and_1_alone_that_is_no_share_is_not_taken_for_one() -> None:
    found = score_with_interval("it", lambda outputs, _targets: float(len(outputs) > 0), OUTPUTS, TARGETS)
    assert (found.value, found.interval) == (1.0, "wilson")
    found = score_with_interval("it", lambda outputs, _targets: float(len(outputs) == 1), OUTPUTS, TARGETS)
    assert (found.value, found.interval, found.low, found.high) == (0.0, "bootstrap", 0.0, 0.0)
