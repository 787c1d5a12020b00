# SPDX-License-Identifier: Apache-2.0
"""The output of ``harness bench --json``; docs/json.md describes it."""

from __future__ import annotations

import json
from typing import Any

import typer

from harness.records import BenchOutcome, Quantity, to_plain


def outcome_json(outcome: BenchOutcome) -> dict[str, Any]:
    """Return the object of one outcome in the output of ``--json``; docs/json.md describes it."""
    head: dict[str, Any] = {"model": outcome.model, "board": outcome.board, "runtime": outcome.runtime}
    if outcome.failure is not None:
        failure = outcome.failure
        return {
            **head,
            "verified": False,
            "failure": {"kind": failure.kind, "stage": failure.stage, "message": failure.message},
        }
    assert outcome.measurement is not None
    assert outcome.firmware is not None
    found = outcome.measurement
    return {
        **head,
        "verified": found.verification.verified,
        "verification": {
            "rule": found.verification.rule,
            "reference": _without(to_plain(found.verification.reference), "schema"),
            "inputs": found.verification.inputs,
            "layers": found.verification.layers,
        },
        "output_sha256": found.output_sha256,
        "build_key": found.build_key,
        "measurement": found.id,
        "rig": found.rig,
        "environment": dict(found.environment),
        "cached": outcome.cached,
        "instructions": None if found.instructions is None else int(found.instructions.value),
        "latency_us": _quantity_json(found.latency),
        "energy_uj": _quantity_json(found.energy),
        "layers": [
            {
                "name": layer.name,
                "op": layer.op,
                "macs": layer.macs,
                "instructions": layer.instructions,
                "variant": layer.variant,
                "read_bytes": dict(layer.reads),
                "dropped_channels": None if layer.dropped is None else to_plain(layer.dropped),
            }
            for layer in found.layers
        ],
        "ram": {**to_plain(found.ram), "heap_bytes": outcome.firmware.heap_bytes},
        "flash": to_plain(found.flash),
        "sections": [to_plain(section) for section in outcome.firmware.sections],
        "seconds": dict(outcome.seconds),
    }


def _without(plain: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if name != key}


def _quantity_json(quantity: Quantity | None) -> dict[str, Any] | None:
    if quantity is None:
        return None
    return {
        "value": quantity.value,
        "low": quantity.low,
        "high": quantity.high,
        "how": quantity.how.value,
        "source": quantity.source,
    }


def print_json(outcomes: list[BenchOutcome]) -> None:
    """Print all outcomes as one JSON object on standard output."""
    typer.echo(json.dumps({"schema": 1, "results": [outcome_json(outcome) for outcome in outcomes]}, indent=2))
