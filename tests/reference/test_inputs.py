# SPDX-License-Identifier: Apache-2.0
"""The standard inputs: the shared pattern, the extremes, the zero point, seeded random ones."""

from __future__ import annotations

import numpy as np

from harness.graph import DType
from harness.reference import highest, lowest, pattern, seeded_random, standard_inputs, zero_point


def test_the_pattern_is_the_shared_one_in_every_type() -> None:
    wanted = [((k * 37 + 11 + 128) % 256) - 128 for k in range(300)]
    assert pattern(DType.INT8, (3, 100)).reshape(-1).tolist() == wanted
    assert pattern(DType.INT16, (300,)).tolist() == [value * 256 for value in wanted]
    assert pattern(DType.FLOAT32, (300,)).tolist() == [value / 128 for value in wanted]


def test_the_extremes_fill_the_range_of_the_type() -> None:
    assert (lowest(DType.INT8, (2,)).tolist(), highest(DType.INT8, (2,)).tolist()) == ([-128] * 2, [127] * 2)
    assert (lowest(DType.FLOAT32, (1,)).tolist(), highest(DType.FLOAT32, (1,)).tolist()) == ([-1.0], [1.0])
    assert zero_point(DType.INT8, (2,), -3).tolist() == [-3, -3]
    assert zero_point(DType.FLOAT32, (2,), None).tolist() == [0.0, 0.0]


def test_random_inputs_are_the_same_for_a_seed_and_differ_between_seeds() -> None:
    first = seeded_random(DType.INT8, (1000,), 0)
    assert np.array_equal(first, seeded_random(DType.INT8, (1000,), 0))
    assert not np.array_equal(first, seeded_random(DType.INT8, (1000,), 1))
    assert first.min() < -120
    assert first.max() > 120


def test_random_inputs_are_the_published_generator() -> None:
    # Marsaglia's xorshift32 from its usual seed gives 723471715 first.
    assert seeded_random(DType.INT32, (1,), 0).tolist() == [723471715]


def test_random_floats_lie_between_minus_one_and_one() -> None:
    values = seeded_random(DType.FLOAT32, (1000,), 5)
    assert values.dtype == np.float32
    assert float(values.min()) >= -1.0
    assert float(values.max()) < 1.0


def test_there_are_as_many_standard_inputs_as_asked_for_all_different() -> None:
    inputs = standard_inputs(DType.INT8, (4, 5), 7)
    assert [name for name, _ in inputs[:4]] == ["pattern", "lowest", "highest", "zero point"]
    assert len(inputs) == 8
    assert len({array.tobytes() for _, array in inputs}) == 8
    assert all(array.shape == (4, 5) and array.dtype == np.int8 for _, array in inputs)


def test_booleans_are_both_true_and_false_but_in_the_extremes() -> None:
    named = dict(standard_inputs(DType.BOOL, (64,), None))
    kinds = {name: set(values.tolist()) for name, values in named.items()}
    both = {True, False}
    assert kinds["lowest"] == {False}
    assert kinds["highest"] == {True}
    assert kinds["pattern"] == both
    assert kinds["random 0"] == both
