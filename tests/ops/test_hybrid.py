# SPDX-License-Identifier: Apache-2.0
"""A hybrid layer quantizes its inputs as the reference kernel does, so that its outputs are equal to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.reference import Golden, compare
from harness.runtimes.codegen import RUNTIME
from harness.testing.batch import merge
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.testing.operators import HOST, OperatorContract, render_case
from tests.ops.contracts import contracts

EXACT = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "SVDF", "TRANSPOSE_CONV")  # no exp, no tanh


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


def test_outputs_of_ordinary_inputs_equal_the_reference_to_the_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    exact = [one() for one in contracts(OperatorContract) if one.operator in EXACT]
    models = [model for one in exact for model in one.models("hybrid", 6)]
    rendered = [render_case(model, number, HOST) for number, model in enumerate(models)]
    sets = [
        [(rng.normal(size=one.inputs[0].shape) * 10.0 ** rng.uniform(-2.0, 2.0)).astype(np.float32) for one in rendered]
        for _ in range(4)
    ]
    runs = build_host(merge(rendered), tmp_path, with_layers=False).run(sets)
    for inputs, run in zip(sets, runs, strict=True):
        wanted = [Golden(model).outputs([array])[0] for model, array in zip(models, inputs, strict=True)]
        assert [np.array_equal(a, b) for a, b in zip(run.outputs, wanted, strict=True)] == [True] * len(models)
