# SPDX-License-Identifier: Apache-2.0
"""Inputs of a hybrid layer that lie half-way between two steps are rounded as the reference kernel rounds them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.reference import Golden, compare
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model


@pytest.mark.parametrize("asymmetric", [True, False])
def test_halves_are_rounded_away_from_zero_before_the_zero_point_is_added(asymmetric: bool, tmp_path: Path) -> None:
    weights = np.random.default_rng(1).integers(-127, 128, (3, 16)).astype(np.int8)
    tensors = [
        TensorSpec(shape=(1, 16), dtype="float32"),
        TensorSpec(shape=(3, 16), data=weights, scales=(0.01,), zero_points=(0,)),
        TensorSpec(shape=(3,), dtype="float32", data=np.zeros(3, np.float32)),
        TensorSpec(shape=(1, 3), dtype="float32"),
    ]
    operator = OperatorSpec(
        op="FULLY_CONNECTED",
        inputs=(0, 1, 2),
        outputs=(3,),
        version=9,
        options="FullyConnectedOptions",
        fields={"asymmetricQuantizeInputs": asymmetric},
    )
    model = build_model(tensors, [operator], inputs=[0], outputs=[3])
    # A range of 255/256 makes the step 1/256 for values from 0 on, one of 127/128 makes it 1/128 around zero.
    whole, half = (255 / 256, 1 / 512) if asymmetric else (127 / 128, 1 / 256)
    inputs = np.array([[whole, *(half * (2 * k + 1) for k in range(15))]], np.float32)
    program = build_host(RUNTIME.render(model, load_board("host"), name="net"), tmp_path)
    (run,) = program.run([[inputs]])
    (wanted,) = Golden(model).outputs([inputs])
    assert compare(run.outputs[0], wanted).equal
