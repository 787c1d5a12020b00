# SPDX-License-Identifier: Apache-2.0
"""STRIDED_SLICE: steps in both directions, and every mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestStridedSlice(MovingContract):
    operator = "STRIDED_SLICE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        whole = source(rng, dtype, shape)
        slices: list[Any] = []
        begins: list[int] = []
        ends: list[int] = []
        strides: list[int] = []
        masks = dict.fromkeys(("beginMask", "endMask", "shrinkAxisMask"), 0)
        for axis, extent in enumerate(shape):
            low = int(rng.integers(0, extent))
            high = int(rng.integers(low, extent))
            step = int(rng.integers(1, 4))
            begin, end, stride = (low, high + 1, step) if rng.random() < 0.7 else (high, low - extent - 1, -step)
            chosen: Any = slice(begin, end, stride)
            if rng.random() < 0.2:
                masks["beginMask"] |= 1 << axis
                chosen = slice(None, chosen.stop, chosen.step)
            if rng.random() < 0.2:
                masks["endMask"] |= 1 << axis
                chosen = slice(chosen.start, None, chosen.step)
            if rng.random() < 0.15:
                masks["shrinkAxisMask"] |= 1 << axis
                masks["beginMask"] &= ~(1 << axis)
                begin, end, stride = low - (extent if rng.random() < 0.5 else 0), low + 1, 1
                if begin < 0:
                    end = begin + 1 or extent
                chosen = begin
            slices.append(chosen)
            begins.append(begin)
            ends.append(end)
            strides.append(stride)
        result = np.zeros(shape, np.int8)[tuple(slices)]
        if number % 5 == 4:  # an ellipsis for all but the last dimension
            slices, begins, ends, strides = [..., slices[3]], [0, begins[3]], [0, ends[3]], [1, strides[3]]
            masks = {name: mask >> 3 << 1 for name, mask in masks.items()} | {"ellipsisMask": 1}
            result = np.zeros(shape, np.int8)[tuple(slices)]
        elif number % 5 == 3:  # a new axis before all others
            begins, ends, strides = [0, *begins], [0, *ends], [1, *strides]
            masks = {name: mask << 1 for name, mask in masks.items()} | {"newAxisMask": 1}
            result = result[np.newaxis]
        return one(
            "STRIDED_SLICE",
            [whole, numbers(*begins), numbers(*ends), numbers(*strides), alike(whole, result.shape)],
            options="StridedSliceOptions",
            version=2,
            **masks,
        )
