# SPDX-License-Identifier: Apache-2.0
"""The contract of operators that only move elements, or that are cheap to compile: on the host here, each by itself.

``test_samples_on_cores.py`` runs some of their cases on emulated cores, all in one program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from harness.testing.models import OperatorSpec, Scalar, TensorSpec, build_model
from harness.testing.operators import EDGE_CHANNELS, HOST, OperatorContract
from harness.testing.tensors import REACH, activation


class HostContract(OperatorContract):
    """Subclass it as ``OperatorContract``."""

    boards: ClassVar[tuple[str, ...]] = (HOST,)
    samples: ClassVar[int] = 1


class MovingContract(HostContract):
    """Cases of every type whose elements are moved."""

    dtypes: ClassVar[tuple[str, ...]] = ("int8", "int16", "float32", "int32")

    @classmethod
    def quick_cases(cls, dtype: str, board: str) -> int:
        """Return a quarter as many cases of int32: their shapes are those of the others."""
        count = super().quick_cases(dtype, board)
        return max(count // 4, 1) if dtype == "int32" and count else count


def source(rng: np.random.Generator, dtype: str, shape: Sequence[int]) -> TensorSpec:
    """Return an input of any type."""
    return activation(rng, dtype, tuple(shape)) if dtype in REACH else TensorSpec(shape=tuple(shape), dtype=dtype)


def alike(tensor: TensorSpec, shape: Sequence[int]) -> TensorSpec:
    """Return a tensor of another shape, quantized alike."""
    return TensorSpec(
        shape=tuple(int(n) for n in shape), dtype=tensor.dtype, scales=tensor.scales, zero_points=tensor.zero_points
    )


def numbers(*values: int, shape: tuple[int, ...] | None = None) -> TensorSpec:
    """Return a constant int32 vector, or another shape."""
    return TensorSpec(
        shape=(len(values),) if shape is None else shape,
        dtype="int32",
        data=np.array(values, np.int32).reshape((len(values),) if shape is None else shape),
    )


def image(rng: np.random.Generator, number: int, *, batch: int = 1, highest: int = 8) -> tuple[int, ...]:
    """Return the shape of an image with channels from the edges."""
    height, width = (int(n) for n in rng.integers(1, highest, size=2))
    return (batch, height, width, EDGE_CHANNELS[number % len(EDGE_CHANNELS)])


def one(
    op: str,
    tensors: Sequence[TensorSpec],
    *,
    outputs: int = 1,
    options: str = "",
    version: int = 1,
    **fields: Scalar,
) -> bytes:
    """Return a model of one operator: the last tensors are its outputs, those without data before them are fed.

    All outputs are outputs of the model.
    """
    last = len(tensors) - outputs
    operator = OperatorSpec(
        op=op,
        inputs=tuple(range(last)),
        outputs=tuple(range(last, len(tensors))),
        options=options,
        fields=fields,
        version=version,
    )
    fed = [index for index in range(last) if tensors[index].data is None]
    return build_model(tensors, [operator], inputs=fed, outputs=list(range(last, len(tensors))))
