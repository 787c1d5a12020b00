# SPDX-License-Identifier: Apache-2.0
"""Networks as one sets them by hand for the task digits: forty, equal widths in all layers, quantized, not pruned."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from harness.records import Parameters, Scalar
from harness.search import Direction, Status
from harness.search.drivers import Define, Driver


def create(define: Define, directions: Sequence[Direction], seed: int, sampler: str) -> Driver:
    """Return the driver: it learns nothing, and after its last proposal begins again."""
    del define, directions, seed, sampler
    return _HandSet()


class _HandSet:
    def __init__(self) -> None:
        self._proposals = list(_proposals())
        random.Random(0).shuffle(self._proposals)  # so that the first ones are of every kind

    def ask(self, number: int) -> Parameters:
        return tuple(sorted(self._proposals[number % len(self._proposals)].items()))

    def tell(self, parameters: Parameters, status: Status, values: Sequence[float], violation: float) -> None:
        pass


def _proposals() -> Iterator[Mapping[str, Scalar]]:
    always: dict[str, Scalar] = {"pruning": "none", "types": "int8"}
    for layers in (1, 2, 3):
        for width in (8, 16, 24, 32, 48, 64):
            widths = {f"dense.units_{k}": width for k in range(layers)}
            yield {**always, "family": "dense", "dense.layers": layers, **widths}
    for blocks in (2, 3):
        for width in (4, 8, 12, 16, 20, 24):
            widths = {f"convolutional.filters_{k}": width for k in range(blocks)}
            shape: dict[str, Scalar] = {"convolutional.blocks": blocks, "convolutional.halving": "max_pool"}
            yield {**always, "family": "convolutional", **shape, **widths}
    for blocks, width, stem in [(b, w, 8) for b in (1, 2, 3) for w in (8, 16, 24)] + [(2, 32, 16)]:
        widths = {f"separable.filters_{k}": width for k in range(blocks)}
        yield {**always, "family": "separable", "separable.stem": stem, "separable.blocks": blocks, **widths}
