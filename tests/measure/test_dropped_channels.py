# SPDX-License-Identifier: Apache-2.0
"""Layers that compute only some of their channels: those are compared, the others are held to account."""

from __future__ import annotations

import dataclasses

import pytest

from harness import registry
from harness.boards import load_board
from harness.errors import WrongAnswer
from harness.firmware import build, open_project
from harness.measure import open_emulated, prepare_golden, verify
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from tests.passes.networks import SAME, model_of
from tests.passes.test_constant_channels import two_convolutions

BOARD = load_board("host")
MODEL = model_of(two_convolutions(bias=10**6, taps=1, padding=SAME)[0])


def verify_on_host(rendered: RenderedModel) -> int:
    golden = prepare_golden(MODEL, rendered, own=None, samples=())
    driver = registry.load("harness.emulation", "native").DRIVER
    with open_project(rendered, BOARD, optimize="speed") as project:
        with open_emulated(BOARD, driver, build(project, BOARD).elf, rendered) as rig:
            rig.device.hello()
            return verify(rig.device, rendered, golden).layers


def test_the_channels_that_are_left_are_compared_and_the_others_are_what_they_were_taken_for() -> None:
    rendered = RUNTIME.render(MODEL, BOARD, name="net", optimize="speed")
    selection = rendered.layers[0].selection
    assert selection is not None
    assert (selection.kept, selection.constants) == ((0, 1, 3), ((2, 127),))
    assert verify_on_host(rendered) == 2
    wrong = dataclasses.replace(selection, constants=((2, 126),))
    layers = (dataclasses.replace(rendered.layers[0], selection=wrong), rendered.layers[1])
    with pytest.raises(WrongAnswer, match=r"conv_2d_0 .*leaves out channel 2 as always 126, but .* is 127"):
        verify_on_host(dataclasses.replace(rendered, layers=layers))
