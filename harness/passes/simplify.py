# SPDX-License-Identifier: Apache-2.0
"""The passes in order, each of whose results is verified."""

from __future__ import annotations

from collections.abc import Callable

from harness.graph import Graph, verify
from harness.passes.drop_unused import drop_unused
from harness.passes.fold_shapes import fold_shapes

# The order matters: what folding makes superfluous is dropped after it.
PASSES: tuple[Callable[[Graph], Graph], ...] = (fold_shapes, drop_unused)


def simplify(graph: Graph) -> Graph:
    """Return an equivalent graph without what a deployment need not compute.

    Every node that stays keeps its operator's number and its tensors, so that it can be compared with the reference.
    """
    for transform in PASSES:
        graph = verify(transform(graph))
    return graph
