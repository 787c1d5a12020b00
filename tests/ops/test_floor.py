# SPDX-License-Identifier: Apache-2.0
"""How many cases of each operator and type run at least, here and in the slow tests."""

from __future__ import annotations

import importlib
from pathlib import Path

from harness.ops import supported_operators
from harness.testing.operators import OperatorContract
from tests.ops.variables import VariableContract

_FLOOR = 24
_FLOOR_WHEN_SLOW = 300
# No kernels of their own: variables are memory, a call gives them their first values.
_WITHOUT_CASES = {"VAR_HANDLE", "CALL_ONCE"}


def contracts() -> list[type[OperatorContract]]:
    """Find the contracts of this folder."""
    found: list[type[OperatorContract]] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem == Path(__file__).stem:
            continue
        module = importlib.import_module(f"tests.ops.{path.stem}")
        found += [
            value
            for name, value in vars(module).items()
            if name.startswith("Test") and isinstance(value, type) and issubclass(value, OperatorContract)
        ]
    return found


def test_every_operator_has_a_contract() -> None:
    assert set(supported_operators()) - {contract.operator for contract in contracts()} <= _WITHOUT_CASES


def test_no_operator_has_fewer_cases_of_a_type_than_the_floor() -> None:
    few = {c.operator: c.cases_on_host for c in contracts() if c.cases_on_host < _FLOOR}
    assert few == {}
    few = {
        c.operator: c.many_cases
        for c in contracts()
        if c.many_cases < _FLOOR_WHEN_SLOW and not issubclass(c, VariableContract)
    }
    assert few == {}


def test_int8_weights_beside_other_types_are_tested_where_operators_have_weights() -> None:
    types = {c.operator: set(c.dtypes) for c in contracts()}
    assert {op for op, names in types.items() if "int16" in names} >= {"CONV_2D", "TRANSPOSE_CONV", "SOFTMAX", "ADD"}
    assert {op for op, names in types.items() if "hybrid" in names} >= {
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
    }
