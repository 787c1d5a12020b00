# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite Micro's own kernels, and how far they are from the TFLite reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadModel, UserError
from harness.graph import DType
from harness.reference import Golden, kernel_distance, standard_inputs, tflm
from harness.reference.tflm import TflmGolden, smallest_arena
from harness.testing.models import OperatorSpec, build_model
from tests.runtimes.models import quantized, small_network

INPUTS = [(values,) for _, values in standard_inputs(DType.INT8, (1, 6, 6, 5), 3, count=8)]


def test_no_state_survives_a_call() -> None:
    golden = TflmGolden(small_network(), outputs=1)
    first = [golden.outputs(inputs)[0] for inputs in INPUTS]
    again = [TflmGolden(small_network(), outputs=1).outputs(inputs)[0] for inputs in reversed(INPUTS)]
    assert all(np.array_equal(one, other) for one, other in zip(first, reversed(again), strict=True))
    assert len({output.tobytes() for output in first}) > 4


def test_a_model_that_the_interpreter_refuses_is_a_bad_model() -> None:
    spec = OperatorSpec(op="GELU", inputs=(0,), outputs=(1,), options="GeluOptions")
    gelu = build_model([quantized((1, 4)), quantized((1, 4))], [spec], inputs=[0], outputs=[1])
    with pytest.raises(BadModel, match="TensorFlow Lite Micro refuses the model"):
        TflmGolden(gelu, outputs=1)
    with pytest.raises(UserError, match="cannot run the model with this input"):
        TflmGolden(small_network(), outputs=1).outputs([np.zeros((1, 2), np.int8)])


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflm, "PACKAGE", "tflite-micro-that-is-not-there")
    with pytest.raises(UserError, match="not installed") as caught:
        TflmGolden(small_network(), outputs=1)
    assert "mcu-harness[tflm]" in caught.value.hint


def test_the_smallest_arena_suffices_and_a_step_less_does_not() -> None:
    arena = smallest_arena(small_network())
    assert arena % 16 == 0
    tflm.open_interpreter(small_network(), arena_bytes=arena)
    with pytest.raises(BadModel):
        tflm.open_interpreter(small_network(), arena_bytes=arena - 16)


def test_a_distance_counts_values_and_finds_the_largest() -> None:
    inputs = [(np.array([1, 2, 3]),), (np.array([4, 5, 6]),)]
    found = kernel_distance(inputs, lambda each: (each[0] * np.array([1, 1, 3]),), lambda each: (each[0],))
    assert (found.inputs, found.values, found.different, found.largest) == (2, 6, 2, 12.0)
    assert found.share == pytest.approx(1 / 3)


def test_equal_infinities_and_nan_are_no_distance() -> None:
    odd = np.array([np.inf, -np.inf, np.nan, 1.0], np.float32)
    found = kernel_distance([(odd,)], lambda each: (each[0],), lambda each: (each[0].copy(),))
    assert (found.different, found.largest) == (0, 0.0)


def test_the_interpreters_differ_on_the_autoencoder(shared_models: dict[str, Path]) -> None:
    model = shared_models["ad"].read_bytes()
    inputs = [(values,) for _, values in standard_inputs(DType.INT8, (1, 640), 0, count=8)]
    found = kernel_distance(inputs, TflmGolden(model, outputs=1).outputs, Golden(model).outputs)
    assert 0.1 < found.share < 0.6
    assert 1 <= found.largest <= 4
