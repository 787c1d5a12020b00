# SPDX-License-Identifier: Apache-2.0
"""The layers of a model on a board: which variants each has, and what memory a choice among them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import DoesNotFit
from harness.memory import plan_memory, step_bytes
from harness.ops import accepting_variants, layer_signature
from harness.runtimes import KernelPlan
from harness.runtimes.codegen import Lowering, activation_regions, lower_model
from harness.tune.request import TuneRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TunableLayer:
    """A layer with its variants, the default one first, and for each the bytes that the layer's step needs at least."""

    name: str
    signature: str
    step_bytes: Mapping[str, int]

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(self.step_bytes)

    @property
    def default(self) -> str:
        return self.variants[0]

    @property
    def leanest(self) -> str:
        """The variant that needs the least memory."""
        return min(self.step_bytes, key=lambda variant: self.step_bytes[variant])


def tunable_layers(request: TuneRequest) -> tuple[TunableLayer, ...]:
    """Return a model's layers in order. Raises BadModel, UnsupportedModel."""
    lowering = _lower(request, ())
    variants = [
        tuple(
            dict.fromkeys(
                (layer.variant, *(v.name for v in accepting_variants(layer.layer, request.board.core.features)))
            )
        )
        for layer in lowering.layers
    ]
    needed: list[dict[str, int]] = [{} for _ in lowering.layers]
    for number in range(max(map(len, variants))):
        chosen = [names[min(number, len(names) - 1)] for names in variants]
        plan = tuple((layer.name, name) for layer, name in zip(lowering.layers, chosen, strict=True))
        requests = _lower(request, plan).requests
        for step, name in enumerate(chosen):
            needed[step][name] = step_bytes(requests, step, sharing=True)
    return tuple(
        TunableLayer(name=layer.name, signature=layer_signature(layer.layer), step_bytes=needed[step])
        for step, layer in enumerate(lowering.layers)
    )


def planned_bytes(request: TuneRequest, plan: KernelPlan) -> int | None:
    """Return the bytes of activations and scratch with a plan of all layers, or None where they do not fit the board.

    That is all that a model takes of RAM.
    """
    try:
        return plan_memory(_lower(request, plan).requests, activation_regions(request.board)).total_bytes
    except DoesNotFit:
        return None


def _lower(request: TuneRequest, plan: KernelPlan) -> Lowering:
    return lower_model(request.model, request.board, name=request.name, optimize=request.optimize, plan=plan)
