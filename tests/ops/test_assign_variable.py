# SPDX-License-Identifier: Apache-2.0
"""ASSIGN_VARIABLE: what is read later is what was assigned."""

from __future__ import annotations

from collections.abc import Sequence

from harness.testing.models import OperatorSpec
from tests.ops.variables import VariableContract, assign, read


class TestAssignVariable(VariableContract):
    operator = "ASSIGN_VARIABLE"

    def operators(self) -> Sequence[OperatorSpec]:
        return (assign(1, 0), read(1, 2))
