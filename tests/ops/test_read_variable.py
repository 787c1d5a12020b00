# SPDX-License-Identifier: Apache-2.0
"""READ_VARIABLE: what the inference before left there, at first what the initialising subgraph assigned."""

from __future__ import annotations

from collections.abc import Sequence

from harness.testing.models import OperatorSpec
from tests.ops.variables import VariableContract, assign, read


class TestReadVariable(VariableContract):
    operator = "READ_VARIABLE"

    def operators(self) -> Sequence[OperatorSpec]:
        return (read(1, 2), assign(1, 0))
