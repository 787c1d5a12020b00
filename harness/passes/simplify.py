# SPDX-License-Identifier: Apache-2.0
"""The passes in order, each of whose results is verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from harness.errors import BadModel, UnsupportedModel
from harness.graph import Graph, verify
from harness.passes.constant_channels import drop_constant_channels
from harness.passes.drop_unused import drop_unused
from harness.passes.fold_dilation import fold_dilation
from harness.passes.fold_half import fold_half
from harness.passes.fold_shapes import fold_shapes
from harness.passes.repair_batches import repair_batches

Pass: TypeAlias = Callable[[Graph], Graph]

# The order matters: what folding makes superfluous is dropped after it, and is then in no channel's way.
PASSES: tuple[Pass, ...] = (
    fold_half,
    fold_shapes,
    repair_batches,
    fold_shapes,  # of tensors whose size was not known before
    repair_batches,
    fold_dilation,
    drop_unused,
    drop_constant_channels,
)


def simplify(graph: Graph, passes: Sequence[Pass] = PASSES) -> Graph:
    """Return an equivalent graph without what a deployment need not compute.

    Every node that stays keeps its operator's number and its tensors, so that it can be compared with the reference.
    Raises UnsupportedModel where the size of a tensor cannot be told before the model runs, BadModel where the options
    of an operator, which nothing has read before, reach outside the file, and RuntimeError, naming the pass, where one
    of them breaks a sound graph: a bug in the pass, not in the model.
    """
    for transform in passes:
        changed = transform(graph)
        try:
            graph = verify(changed)
        except BadModel as error:
            raise RuntimeError(f"the pass {transform.__name__} broke the graph: {error.message}") from error
    return _require_sizes(graph)


def _require_sizes(graph: Graph) -> Graph:
    for tensor in graph.tensors.values():
        if tensor.free:
            raise UnsupportedModel(
                f"{graph.name}: tensor {tensor.index} ({tensor.name[:60]!r}) has free dimensions beside the batch",
                hint="Convert the model with a fixed input shape.",
            )
    return graph
