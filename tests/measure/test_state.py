# SPDX-License-Identifier: Apache-2.0
"""Verification of a model with state: steps without a reset, and what is said where one differs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from harness import registry
from harness.boards import load_board
from harness.errors import WrongAnswer
from harness.firmware import build, open_project
from harness.measure import open_emulated, prepare_golden, verify
from harness.measure.rig import Rig
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.models import OperatorSpec, SubgraphSpec, TensorSpec, build_model
from harness.testing.mutation import break_layer
from tests.ops.variables import ONCE, assign, handle, read

BOARD = load_board("host")
READ, ASSIGN = 0, 2  # positions among the layers


def summing_model() -> bytes:
    """Return a model that adds its inputs up, from -0.5 on."""
    frame, resource = TensorSpec(shape=(1, 6), dtype="float32"), TensorSpec(shape=(), dtype="resource")
    start = dataclasses.replace(frame, data=np.linspace(-0.5, 0.5, 6, dtype=np.float32).reshape(1, 6))
    begun = SubgraphSpec(tensors=(resource, start), operators=(handle(0), assign(0, 1)))
    add = OperatorSpec(op="ADD", inputs=(0, 2), outputs=(3,), options="AddOptions")
    operators = (ONCE, handle(1), read(1, 2), add, assign(1, 3))
    return build_model((frame, resource, frame, frame), operators, inputs=(0,), outputs=(3,), further=(begun,))


MODEL = summing_model()


def rendered() -> RenderedModel:
    return RUNTIME.render(MODEL, BOARD, name="sums.tflite")


@contextmanager
def rig_of(model: RenderedModel) -> Iterator[Rig]:
    driver = registry.load("harness.emulation", BOARD.emulators[0].driver).DRIVER
    with open_project(model, BOARD, optimize="speed") as project:
        with open_emulated(BOARD, driver, build(project, BOARD).elf, model) as rig:
            rig.device.hello()
            yield rig


def failure(broken: RenderedModel) -> str:
    golden = prepare_golden(MODEL, rendered(), own=None, samples=())
    with rig_of(broken) as rig, pytest.raises(WrongAnswer) as caught:
        verify(rig.device, broken, golden)
    return caught.value.message


def test_a_model_with_state_is_verified_over_a_sequence_without_reset_too() -> None:
    golden = prepare_golden(MODEL, rendered(), own=None, samples=())
    with rig_of(rendered()) as rig:
        found = verify(rig.device, rendered(), golden)
    assert (found.verified, found.inputs, found.layers, found.steps) == (True, 8, 3, 8)
    assert not np.array_equal(golden.steps[3].outputs[0], golden.runs[3].outputs[0])


def test_a_state_that_is_kept_wrongly_shows_in_the_second_step_and_the_layer_that_reads_it_is_named() -> None:
    message = failure(break_layer(rendered(), ASSIGN))
    assert message.startswith("layer 0 read_variable_2 (READ_VARIABLE, operator 2 of the model, variant generic)")
    assert "for the input 'lowest as step 1 without a reset'" in message


def test_a_reset_that_does_nothing_shows_in_the_first_input_that_is_compared() -> None:
    model = rendered()
    name = f"{model.prefix}.c"
    text = model.files[name].replace("TENSOR_1[i] = HARNESS_READ_F32(", "(void)HARNESS_READ_F32(")
    assert text != model.files[name]
    message = failure(dataclasses.replace(model, files={**model.files, name: text}))
    assert message.startswith("layer 0 read_variable_2")
    assert "without a reset" not in message
