# SPDX-License-Identifier: Apache-2.0
"""GATHER: constant indices in any order along any axis, computed ones, and indices of each batch's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.testing.host import Array
from harness.testing.models import TensorSpec
from harness.testing.operators import Case, standard_feeds
from tests.ops.moving import MovingContract, alike, image, numbers, one, source

_COMPUTED_EXTENT = 4  # of the axis along which computed indices gather


class TestGather(MovingContract):
    operator = "GATHER"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        if number % 4 == 3:
            return self._batched(rng, dtype, number)
        shape = image(rng, number)
        axis = int(rng.integers(-4, 4))
        indices = [int(n) for n in rng.integers(0, shape[axis], size=int(rng.integers(1, 8)))]
        wanted = list(shape)
        wanted[axis] = len(indices)
        whole = source(rng, dtype, shape)
        return one(
            "GATHER", [whole, numbers(*indices), alike(whole, wanted)], options="GatherOptions", version=2, axis=axis
        )

    def _batched(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        """Return a case with ``batch_dims``; its indices are constant, or computed in every other one."""
        is_computed = number // 4 % 3 == 1
        shared = 1 + number // 4 % 2
        axis = int(rng.integers(shared, 4))
        shape = image(rng, number, batch=1 + number % 3)
        if is_computed:
            shape = (*shape[:axis], _COMPUTED_EXTENT, *shape[axis + 1 :])
        count = int(rng.integers(1, 6))
        size = (*shape[:shared], count)
        wanted = (*shape[:axis], count, *shape[axis + 1 :])
        values = rng.integers(0, shape[axis], size=size).astype(np.int32)
        indices = TensorSpec(shape=size, dtype="int32", data=None if is_computed else values)
        whole = source(rng, dtype, shape)
        return one(
            "GATHER",
            [whole, indices, alike(whole, wanted)],
            options="GatherOptions",
            version=5,
            axis=axis,
            batchDims=shared - len(size) if number % 8 == 7 else shared,
        )

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        """Return indices that lie within the input, and anything else for the input."""
        found = iter(standard_feeds(cases, step))
        arrays: list[Array] = []
        for case in cases:
            first, *indices = [next(found) for _ in case.rendered.inputs]
            arrays += [first, *(array % _COMPUTED_EXTENT for array in indices)]
        return arrays
