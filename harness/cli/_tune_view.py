# SPDX-License-Identifier: Apache-2.0
"""How the answer of ``harness tune`` looks, as tables and as JSON; docs/tune.md describes both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.cli._console import console, visible
from harness.records import Measurement
from harness.tune import Objective, TuneResult

SCHEMA = 1


def result_json(found: TuneResult, path: Path) -> str:
    """Return the whole answer as JSON."""
    default = dict(found.default)
    plain: dict[str, Any] = {
        "schema": SCHEMA,
        "model": found.plan.model,
        "model_sha256": found.plan.model_sha256,
        "board": found.plan.board,
        "core": found.plan.core,
        "optimize": found.plan.optimize,
        "objective": found.plan.objective,
        "plan": str(path),
        "builds": found.builds,
        "default": None if found.before is None else _whole(found.before),
        "tuned": _whole(found.after),
        "layers": [
            {
                "name": layer.name,
                "signature": layer.signature,
                "default": default[layer.name],
                "variant": layer.variant,
                "measured": dict(layer.measured),
                "unfit": [variant for name, variant in found.unfit if name == layer.name],
            }
            for layer in found.plan.layers
        ],
    }
    return json.dumps(plain, indent=2)


def _whole(found: Measurement) -> dict[str, Any]:
    return {
        "instructions": None if found.instructions is None else int(found.instructions.value),
        "cycles": found.cycles and {"zero_wait": found.cycles.zero_wait, "flash_wait": found.cycles.flash_wait},
        "latency_us": None if found.latency is None else found.latency.value,
        "ram_bytes": found.ram.model_bytes,
        "weights_bytes": found.flash.weights_bytes,
        "code_bytes": found.flash.code_bytes,
        "build_key": found.build_key,
        "verified": found.verification.verified,
    }


def print_result(found: TuneResult, path: Path, objective: Objective) -> None:
    """Print what each layer's variants cost, where the plan differs from the default, and what comes of it in all."""
    default = dict(found.default)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("LAYER", no_wrap=True)
    table.add_column("DEFAULT")
    table.add_column("FASTEST")
    table.add_column(objective.unit.upper())
    for layer in found.plan.layers:
        if len(layer.measured) < 2:
            continue
        figures = ", ".join(f"{name} {value:,.10g}" for name, value in layer.measured)
        changed = layer.variant != default[layer.name]
        table.add_row(
            Text(layer.name, style="bold"),
            Text(default[layer.name]),
            Text(layer.variant, style="green" if changed else ""),
            Text(figures, style="dim"),
        )
    out = console()
    if table.row_count:
        out.print(table)
        out.print()
    for name, variant in found.unfit:
        out.print(Text(f"{name} by {variant} does not fit the board.", style="yellow"))
    out.print(_summary(found, objective))
    out.print(Text(f"Plan: {visible(str(path))} ({found.builds} plans measured)"), soft_wrap=True)


def _summary(found: TuneResult, objective: Objective) -> Text:
    after = objective.whole(found.after)
    text = f"{after:,.10g} {objective.unit}, {found.after.ram.model_bytes:,} bytes of RAM"
    before = None if found.before is None else objective.whole(found.before)
    if found.before is None or before is None or after is None:
        return Text(f"{text}; the default plan does not fit the board")
    if found.plan.by_name == found.default:
        return Text(f"{text}: the default plan is the fastest that fits")
    gain = 100 * (1 - after / before)
    return Text(f"{text}; by default {before:,.10g}, {found.before.ram.model_bytes:,} bytes ({gain:.1f} % faster)")
