# SPDX-License-Identifier: Apache-2.0
"""The fastest plan within a limit of RAM, from what each variant of each layer costs and needs.

What a step of the inference needs depends on the variant of its own layer alone, and no plan is smaller than its
largest step. So for a threshold every layer takes its fastest variant whose step stays within it, which is the best
that there is for that threshold; thresholds are tried from above until the planner meets the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import DoesNotFit
from harness.runtimes import KernelPlan
from harness.tune.layers import TunableLayer

Costs = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A plan of all layers and the bytes of its memory plan."""

    plan: KernelPlan
    ram_bytes: int


def fastest_plan(
    layers: Sequence[TunableLayer],
    costs: Costs,
    planned_bytes: Callable[[KernelPlan], int | None],
    limit_bytes: int | None = None,
) -> Selected:
    """Return the fastest plan that fits; among equally fast variants the one whose step needs least memory.

    ``planned_bytes`` places a plan's buffers; it returns None where they do not fit the board. Variants without a cost
    are not taken. Raises DoesNotFit, with the bytes missing, where none is within the limit.
    """
    smallest: int | None = None
    for plan in _plans(layers, costs):
        placed = planned_bytes(plan)
        if placed is None:
            continue
        if limit_bytes is None or placed <= limit_bytes:
            return Selected(plan=plan, ram_bytes=placed)
        smallest = placed if smallest is None else min(smallest, placed)
    if smallest is None or limit_bytes is None:
        raise DoesNotFit("no plan of the model's kernels fits the board", missing_bytes=1)
    raise DoesNotFit(
        f"no plan takes {limit_bytes} bytes of RAM or less: the smallest takes {smallest}",
        missing_bytes=smallest - limit_bytes,
        hint=f"Give a --ram-limit of {smallest} or more.",
    )


def _plans(layers: Sequence[TunableLayer], costs: Costs) -> Iterator[KernelPlan]:
    """Return the best plan of each threshold, the highest first; each plan once."""
    sizes = {size for layer in layers for name, size in layer.step_bytes.items() if (layer.name, name) in costs}
    before: KernelPlan | None = None
    for threshold in sorted(sizes, reverse=True):
        plan = _within(layers, costs, threshold)
        if plan is None:
            return
        if plan != before:
            yield plan
        before = plan


def _within(layers: Sequence[TunableLayer], costs: Costs, threshold: int) -> KernelPlan | None:
    chosen = []
    for layer in layers:
        known = [name for name in layer.variants if (layer.name, name) in costs and layer.step_bytes[name] <= threshold]
        if not known:
            return None
        chosen.append((layer.name, min(known, key=lambda name: (costs[layer.name, name], layer.step_bytes[name]))))
    return tuple(chosen)
