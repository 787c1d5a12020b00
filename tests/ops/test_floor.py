# SPDX-License-Identifier: Apache-2.0
"""How many cases of each operator and type run at least, here and in the slow tests."""

from __future__ import annotations

from harness.ops import supported_operators
from harness.testing.operators import HOST, SAMPLED, OperatorContract
from tests.conftest import ROOT
from tests.ops.contracts import contracts
from tests.ops.table import page

_FLOOR = 24
_FLOOR_WHEN_SLOW = 300
_MOVED = "int32"  # elements of 32 bits move as those of float32 do: a quarter as many cases
# No kernels of their own: variables are memory, a call gives them their first values.
_WITHOUT_CASES = {"VAR_HANDLE", "CALL_ONCE"}


def test_every_operator_has_a_contract() -> None:
    assert set(supported_operators()) - {one.operator for one in contracts(OperatorContract)} <= _WITHOUT_CASES


def test_no_operator_has_fewer_cases_of_a_type_than_the_floor() -> None:
    few = {
        (one.operator, dtype): one.quick_cases(dtype, HOST)
        for one in contracts(OperatorContract)
        for dtype in one.dtypes
        if one.quick_cases(dtype, HOST) < (_FLOOR // 4 if dtype == _MOVED else _FLOOR)
    }
    assert few == {}
    assert {one.operator for one in contracts(OperatorContract) if one.many_cases < _FLOOR_WHEN_SLOW} == set()


def test_every_operator_runs_on_the_cores_that_the_table_has_columns_for() -> None:
    for one in contracts(OperatorContract):
        assert all(one.samples or one.quick_cases(dtype, core) for dtype in one.dtypes for core in SAMPLED)
        assert set(one.cores) == {*SAMPLED, "xtensa_lx106_sim"}


def test_int8_weights_beside_other_types_are_tested_where_operators_have_weights() -> None:
    types = {one.operator: set(one.dtypes) for one in contracts(OperatorContract)}
    assert {op for op, names in types.items() if "int16" in names} >= {"CONV_2D", "TRANSPOSE_CONV", "SOFTMAX", "ADD"}
    assert {op for op, names in types.items() if "hybrid" in names} >= {
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
    }


def test_the_page_of_operators_is_what_these_tests_run() -> None:
    assert (ROOT / "docs" / "operators.md").read_text(encoding="utf-8") == page()
