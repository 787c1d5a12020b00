# SPDX-License-Identifier: Apache-2.0
"""The initial state of an unrolled recurrent layer in 16x8: zeros that FILL writes, with the scale 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import BadModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from tests.fuzz.check import first_difference

INT16 = TensorSpec(shape=(1, 3), dtype="int16", scales=(0.001,))
ZEROS = TensorSpec(shape=(1, 3), dtype="int16", scales=(0.0,))


def test_what_is_computed_from_a_state_of_scale_zero_equals_the_reference(tmp_path: Path) -> None:
    tensors = [
        TensorSpec(shape=(2,), dtype="int32", data=np.array([1, 3], np.int32)),
        TensorSpec(shape=(), dtype="int16", scales=(0.0,), data=np.array(0, np.int16)),
        ZEROS,
        INT16,
        INT16,
        TensorSpec(shape=(2, 3), dtype="int8", scales=(0.02, 0.03), data=np.array([[1, 2, 3], [-4, 5, 6]], np.int8)),
        TensorSpec(shape=(1, 2), dtype="int16", scales=(0.002,)),
    ]
    operators = [
        OperatorSpec(op="FILL", inputs=(0, 1), outputs=(2,), options="FillOptions", version=3),
        OperatorSpec(op="MUL", inputs=(3, 2), outputs=(4,), options="MulOptions", version=4),
        OperatorSpec(op="FULLY_CONNECTED", inputs=(2, 5, -1), outputs=(6,), options="FullyConnectedOptions", version=7),
    ]
    model = build_model(tensors, operators, inputs=[3], outputs=[4, 6])
    rendered = RUNTIME.render(model, load_board("host"), name="state")
    assert first_difference(model, rendered, tmp_path) == ""


def test_another_kernels_output_of_scale_zero_is_bad() -> None:
    model = build_model([INT16, ZEROS], [OperatorSpec(op="TANH", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1])
    with pytest.raises(BadModel, match="scale that is negative, zero or not finite"):
        RUNTIME.render(model, load_board("host"), name="state")
