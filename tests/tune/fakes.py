# SPDX-License-Identifier: Apache-2.0
"""Layers, objectives and measurements made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.boards import load_board
from harness.records import How, LayerProfile, Measurement, Quantity
from harness.tune import Objective, find_objective
from harness.tune.layers import TunableLayer
from tests.store.examples import measurement

INSTRUCTIONS = find_objective("instructions", load_board("mps2_an386"))
LATENCY: Objective = find_objective("latency", load_board("nucleo_l4r5zi"))


def layer(name: str, **step_bytes: int) -> TunableLayer:
    """A layer with variants and what the step of each needs; the first is the default."""
    return TunableLayer(name=name, signature=f"OPERATOR {name}", step_bytes=step_bytes)


def measured(costs: Mapping[str, float], *, ram_bytes: int = 100) -> Measurement:
    """What a board would answer where layers cost this many instructions, or microseconds."""
    found = measurement()
    total = sum(costs.values())
    return replace(
        found,
        ram=replace(found.ram, model_bytes=ram_bytes),
        instructions=Quantity(value=total, unit="instructions", how=How.COUNTED, source="by hand"),
        latency=Quantity(value=total, unit="us", how=How.MEASURED, source="by hand"),
        layers=tuple(
            LayerProfile(name=name, op="OPERATOR", macs=0, instructions=int(cost)) for name, cost in costs.items()
        ),
    )
