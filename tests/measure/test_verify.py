# SPDX-License-Identifier: Apache-2.0
"""Verification on a board: a sound model passes, a broken kernel is found and its layer named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness import registry
from harness.boards import load_board
from harness.errors import WrongAnswer
from harness.firmware import build, open_project
from harness.measure import open_emulated, prepare_golden, verify
from harness.measure.rig import Rig
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.mutation import break_layer
from tests.measure.chain import OPERATORS, chain_model

BOARD = load_board("mps2_an386")
MODEL = chain_model()


@contextmanager
def rig_of(rendered: RenderedModel) -> Iterator[Rig]:
    driver = registry.load("harness.emulation", "qemu").DRIVER
    with open_project(rendered, BOARD, optimize="speed") as project:
        with open_emulated(BOARD, driver, build(project, BOARD).elf, rendered) as rig:
            rig.device.hello()
            yield rig


def test_a_sound_model_is_verified_over_its_inputs_and_every_layer() -> None:
    rendered = RUNTIME.render(MODEL, BOARD, name="chain.tflite", optimize="speed")
    golden = prepare_golden(MODEL, rendered, own=None, samples=())
    with rig_of(rendered) as rig:
        found = verify(rig.device, rendered, golden)
    assert found.verified
    assert found.inputs >= 8
    assert found.layers == len(rendered.layers) == len(OPERATORS)


@pytest.mark.parametrize(("number", "op"), list(enumerate(OPERATORS)), ids=OPERATORS)
def test_a_kernel_with_one_wrong_constant_is_found_and_its_layer_named(number: int, op: str) -> None:
    sound = RUNTIME.render(MODEL, BOARD, name="chain.tflite", optimize="speed")
    golden = prepare_golden(MODEL, sound, own=None, samples=())
    broken = break_layer(sound, number)
    with rig_of(broken) as rig, pytest.raises(WrongAnswer) as caught:
        verify(rig.device, broken, golden)
    message = caught.value.message
    assert message.startswith(f"layer {number} {sound.layers[number].name} ({op}, operator {number} of the model")
    assert "elements differ, by at most" in message
    assert "channel" in message
    assert "wanted" in message
