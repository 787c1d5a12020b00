# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from harness.graph import DType
from harness.link.patterns import Repeated, Xorshift, recognise, xorshift32
from harness.reference.inputs import standard_inputs


@pytest.mark.parametrize("dtype", [DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32])
def test_a_device_can_make_every_standard_input_itself(dtype: DType) -> None:
    for name, values in standard_inputs(dtype, (96, 96, 3), 5, count=8):
        assert recognise(values.tobytes(), longest_period=2000) is not None, name


def test_what_only_looks_alike_is_not_taken_for_it() -> None:
    generator = np.random.default_rng(3)
    assert recognise(generator.bytes(4000), longest_period=2000) is None
    assert recognise(generator.normal(size=1000).astype("<f4").tobytes(), longest_period=2000) is None
    state, words = 7, []
    for _ in range(100):
        words.append(state)
        state = xorshift32(state)
    stream = b"".join(word.to_bytes(4, "little") for word in words)
    assert recognise(stream, longest_period=2000) == Xorshift(7, 1)
    assert recognise(stream[:-2], longest_period=2000) == Xorshift(7, 1)
    assert recognise(stream[:-1] + b"\0", longest_period=2000) is None
    assert recognise(b"\5" * 99 + b"\6", longest_period=2000) is None


def test_a_period_longer_than_allowed_is_not_used() -> None:
    data = bytes(range(256)) * 4
    assert recognise(data, longest_period=256) == Repeated(256)
    assert recognise(data, longest_period=255) is None


def test_special_floats_are_no_fractions() -> None:
    data = np.array([np.nan, np.inf, -np.inf, -0.0, 1.5, 1e30] * 20, dtype="<f4").tobytes()
    assert recognise(data, longest_period=8) is None
