# SPDX-License-Identifier: Apache-2.0
"""Inputs that the reference refuses are replaced by the nearest that it accepts, and counted."""

from __future__ import annotations

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import BadModel
from harness.measure import prepare_golden
from harness.reference import Golden
from harness.reference.accepted import Rule, input_rules, nearest_accepted, replaced_values
from harness.runtimes.codegen import RUNTIME
from harness.testing.models import OperatorSpec, TensorSpec, build_model

SHAPE = (1, 6)
VALUES = np.array([[-128, -6, -5, -4, 0, 127]], np.int8)


def tensor(zero: int, scale: float = 0.1, *, dtype: str = "int8", shape: tuple[int, ...] = SHAPE) -> TensorSpec:
    return TensorSpec(shape=shape, dtype=dtype, scales=(scale,), zero_points=(zero,))


def root_model(op: str = "SQRT", *, zero: int = -5, dtype: str = "int8") -> bytes:
    """Return a model that reshapes its input before its root."""
    shape = TensorSpec(shape=(2,), dtype="int32", data=np.array(SHAPE, np.int32))
    tensors = [tensor(zero, dtype=dtype, shape=(6,)), shape, tensor(zero, dtype=dtype), tensor(0, dtype=dtype)]
    operators = [
        OperatorSpec(op="RESHAPE", inputs=(0, 1), outputs=(2,), options="ReshapeOptions"),
        OperatorSpec(op=op, inputs=(2,), outputs=(3,), version=2),
    ]
    return build_model(tensors, operators, inputs=[0], outputs=[3])


def division() -> bytes:
    operator = OperatorSpec(op="DIV", inputs=(0, 1), outputs=(2,), options="DivOptions", version=2)
    return build_model([tensor(3), tensor(127), tensor(0)], [operator], inputs=[0, 1], outputs=[2])


def root_of_a_difference() -> bytes:
    """Return a model that takes the root of what it computes: the input less two."""
    two = TensorSpec(shape=(1,), scales=(0.1,), zero_points=(0,), data=np.array([20], np.int8))
    tensors = [tensor(0), two, tensor(0, 0.2), tensor(0, 0.05)]
    operators = [
        OperatorSpec(op="SUB", inputs=(0, 1), outputs=(2,), options="SubOptions", version=2),
        OperatorSpec(op="SQRT", inputs=(2,), outputs=(3,), version=2),
    ]
    return build_model(tensors, operators, inputs=[0], outputs=[3])


@pytest.mark.parametrize("op", ["SQRT", "RSQRT"])
def test_what_lies_below_the_zero_point_of_a_root_becomes_the_zero_point(op: str) -> None:
    model = root_model(op)
    assert input_rules(model) == {0: (Rule(zero=-5, is_root=True),)}
    golden = Golden(model)
    with pytest.raises(BadModel, match="only defined for"):
        golden.outputs([VALUES.reshape(6)])
    (found,) = nearest_accepted(golden, model, (VALUES.reshape(6),), [])
    assert found.tolist() == [-5, -5, -5, -4, 0, 127]
    assert replaced_values((VALUES.reshape(6),), (found,)) == 2


def test_a_divisor_of_zero_becomes_its_neighbour_and_dividends_stay() -> None:
    model = division()
    found = nearest_accepted(Golden(model), model, (VALUES, VALUES), [])
    assert np.array_equal(found[0], VALUES)
    assert found[1].tolist() == [[-128, -6, -5, -4, 0, 126]]


def test_an_input_of_a_root_of_something_computed_comes_as_near_as_halving_finds() -> None:
    model = root_of_a_difference()
    golden = Golden(model)
    wanted = (np.full(SHAPE, 10, np.int8),)
    (found,) = nearest_accepted(golden, model, wanted, [(np.full(SHAPE, 127, np.int8),), wanted])
    assert found.min() >= 19  # less than half a step of the difference below zero
    assert found.max() <= 21


def test_without_any_input_that_is_accepted_the_interpreter_has_its_say() -> None:
    model = root_of_a_difference()
    refused = (np.full(SHAPE, -128, np.int8),)
    with pytest.raises(BadModel, match="Sqrt is only defined for non-negative"):
        nearest_accepted(Golden(model), model, refused, [refused])


@pytest.mark.parametrize("model", [root_model(dtype="int8"), root_model(zero=0, dtype="int16"), division()])
def test_all_inputs_of_a_verification_are_accepted_and_the_replaced_elements_counted(model: bytes) -> None:
    rendered = RUNTIME.render(model, load_board("host"), name="net")
    golden = prepare_golden(model, rendered, own=None, samples=())
    assert len(golden.runs) == 8
    assert golden.replaced > 6
    for run in golden.runs:
        assert all(np.array_equal(a, b) for a, b in zip(run.outputs, Golden(model).outputs(run.inputs), strict=True))
