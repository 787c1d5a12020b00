# SPDX-License-Identifier: Apache-2.0
"""Small models around one resource variable, for the operators that read and write it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from harness.errors import UnsupportedModel
from harness.testing.models import OperatorSpec, SubgraphSpec, TensorSpec, build_model
from harness.testing.operators import HOST, render_case, with_version
from harness.testing.stateful import StatefulContract

_RESOURCE = TensorSpec(shape=(), dtype="resource")
ONCE = OperatorSpec(op="CALL_ONCE", inputs=(), outputs=(), options="CallOnceOptions", fields={"initSubgraphIndex": 1})


def handle(tensor: int, name: str = "state") -> OperatorSpec:
    """Return the operator that makes the handle of a variable."""
    fields = {"container": "", "sharedName": name}
    return OperatorSpec(op="VAR_HANDLE", inputs=(), outputs=(tensor,), options="VarHandleOptions", fields=fields)


def read(variable: int, value: int) -> OperatorSpec:
    """Return the operator that reads a variable."""
    return OperatorSpec(op="READ_VARIABLE", inputs=(variable,), outputs=(value,), options="ReadVariableOptions")


def assign(variable: int, value: int) -> OperatorSpec:
    """Return the operator that writes a variable."""
    return OperatorSpec(op="ASSIGN_VARIABLE", inputs=(variable, value), outputs=(), options="AssignVariableOptions")


class VariableContract(StatefulContract):
    """Model tensors: 0 is the input, 1 the handle, 2 what is read: the model's output."""

    dtypes: ClassVar[tuple[str, ...]] = ("int8", "int16", "float32", "int32")

    def operators(self) -> Sequence[OperatorSpec]:
        """Return the operators behind CALL_ONCE and VAR_HANDLE."""
        raise NotImplementedError

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = (1, *(int(rng.integers(1, 6)) for _ in range(number % 4)), int(rng.integers(2, 9)))
        value = TensorSpec(shape=shape, dtype=dtype)
        if dtype == "int8":
            value = TensorSpec(shape=shape, scales=(0.05,), zero_points=(int(rng.integers(-128, 128)),))
        elif dtype == "int16":
            value = TensorSpec(shape=shape, dtype=dtype, scales=(0.05,), zero_points=(0,))
        first = rng.integers(-100, 100, size=shape).astype(dtype) if number % 3 else np.zeros(shape, dtype)
        start = dataclasses.replace(value, data=first)
        begun = SubgraphSpec(tensors=(_RESOURCE, start), operators=(handle(0), assign(0, 1)))
        return build_model(
            (value, _RESOURCE, value),
            (ONCE, handle(1), *self.operators()),
            inputs=(0,),
            outputs=(2,),
            further=(begun,),
        )

    def test_a_version_that_is_too_new_is_refused_by_name(self, dtype: str) -> None:
        model = with_version(self.models(dtype, 1)[0], 99)
        with pytest.raises(UnsupportedModel, match=r"version 99 \(operator"):
            render_case(model, 0, HOST)
