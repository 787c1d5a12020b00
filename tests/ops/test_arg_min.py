# SPDX-License-Identifier: Apache-2.0
"""ARG_MIN: along any axis, as int32 or int64."""

from __future__ import annotations

import numpy as np

from harness.testing.models import TensorSpec
from tests.ops.moving import HostContract, image, numbers, one, source


class TestArgMin(HostContract):
    operator = "ARG_MIN"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        axis = int(rng.integers(-4, 4))
        whole = source(rng, dtype, shape)
        wanted = tuple(extent for k, extent in enumerate(shape) if k != axis % 4)
        output = TensorSpec(shape=wanted, dtype="int64" if number % 2 else "int32")
        return one(
            "ARG_MIN",
            [whole, numbers(axis, shape=()), output],
            options="ArgMinOptions",
            version=2,
            outputType=4 if number % 2 else 2,
        )
