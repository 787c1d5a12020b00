# SPDX-License-Identifier: Apache-2.0
"""Figures and facts in words: thousands separated, units named, control characters shown, not obeyed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import floor, log10
from pathlib import PurePath

from harness.records import (
    Candidate,
    CompressionStep,
    Distance,
    How,
    MetricEffect,
    Parameters,
    Quantity,
    Scalar,
    Verification,
)
from harness.report.figures import Column, Entry

HOW_WORDS = {
    How.MEASURED: "measured on the board",
    How.COUNTED: "counted exactly",
    How.MODELLED: "modelled, priced from counts",
    How.HOST: "on the host",
}

GATE_WORDS = {
    "candidate": "tried before",
    "fit": "cannot fit",
    "instructions": "too many instructions",
    "halving": "behind in everything at a rung",
    "model": "the same bytes as another",
}

_UNITS = {
    "instructions": "per inference",
    "cycles": "per inference",
    "time": "µs",
    "energy": "µJ",
    "macs": "per inference",
    "bytes": "bytes",
    "percent": "%",
}

# C0 and C1 controls but for tab and newline, and what changes the direction of text (Unicode TR 9).
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(value: object) -> object:
    """Return a text with its control characters written out as escapes; anything else as it is."""
    if type(value) is not str:
        return value
    return _INVISIBLE.sub(lambda match: match.group().encode("unicode_escape").decode(), value)


def grouped(value: float, digits: int = 0) -> str:
    """Return a number with commas between thousands: ``12,345.6``."""
    return f"{value:,.{digits}f}"


def unit_of(column: Column) -> str:
    """Return a column's unit for its header, empty where it has none."""
    return _UNITS.get(column.kind, "")


def digits_of(column: Column, values: Sequence[float]) -> int:
    """Return how many decimals a column's figures get, so that all of them line up and the smallest still tells."""
    if column.kind in ("instructions", "cycles", "macs", "bytes", "count"):
        return 0
    if column.kind == "percent":
        return 2
    smallest = min((abs(value) for value in values if value), default=1.0)
    return max(0, min(4, 2 - floor(log10(smallest))))


def figure(column: Column, value: float, digits: int) -> str:
    """Return a figure of a column without its unit; a share as percent."""
    return grouped(value * 100 if column.kind == "percent" else value, digits)


def with_unit(column: Column, value: float) -> str:
    """Return a figure with its unit, for prose and tooltips."""
    unit = {"instructions": "instructions", "cycles": "cycles", "macs": "MACs", "bytes": "B"}.get(
        column.kind, unit_of(column)
    )
    return f"{figure(column, value, digits_of(column, [value]))} {unit}".rstrip()


def interval(column: Column, found: Quantity, digits: int) -> str:
    """Return the interval of a figure, ``10.0 to 12.0``, or nothing where there is none."""
    if found.low is None or found.high is None:
        return ""
    return f"{figure(column, found.low, digits)} to {figure(column, found.high, digits)}"


def parameters_text(parameters: Parameters) -> str:
    """Return hyper-parameters in one line: ``layers 2, units_0 32``."""
    return ", ".join(f"{name} {scalar_text(value)}" for name, value in parameters)


def scalar_text(value: Scalar) -> str:
    """Return a parameter's value: floats with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def step_text(step: CompressionStep) -> str:
    """Return a compression step in words: ``filter pruning (share 0.5)``."""
    inside = f" ({parameters_text(step.parameters)})" if step.parameters else ""
    return step.name.replace("_", " ") + inside


def compression_text(candidate: Candidate) -> str:
    """Return the names of a candidate's compression steps in order."""
    names = [step.name.replace("_", " ") for step in candidate.compression]
    return " + ".join(names) or "not compressed"


def entry_title(entry: Entry) -> str:
    """Return what a candidate is called in headings: its network and its compression."""
    if entry.candidate is None:
        return "a candidate that is not in the store"
    return f"{entry.candidate.family.replace('_', ' ')}, {compression_text(entry.candidate)}"


def model_name(entry: Entry) -> str:
    """Return the name of an entry's model: a path as it was given."""
    return entry.artifact.name if entry.artifact is not None else "a model that is not in the store"


def short_name(name: str) -> str:
    """Return the last part of a model's path, for headings."""
    return PurePath(name).name or name


def in_prose(column: Column) -> str:
    """Return a column's label within a sentence: ``instructions``, but ``RAM``."""
    return column.label if column.label.isupper() else column.label[:1].lower() + column.label[1:]


def verification_text(found: Verification) -> str:
    """Return what was compared, in one sentence, and how far the kernels are from the TFLite reference if not its."""
    reference = f"{found.reference.package} {found.reference.version} ({found.reference.kernels} kernels)"
    steps = f", {plural(found.steps, 'step')} of a sequence without reset" if found.steps else ""
    layers = f" and the outputs of {plural(found.layers, 'layer')}" if found.layers else ""
    replaced = f" ({grouped(found.replaced_values)} values that it refuses replaced)" if found.replaced_values else ""
    compared = f"over {plural(found.inputs, 'input')}{replaced}{steps}{layers}"
    if found.verified:
        return f"The device's answers equal those of {reference}, {compared}.{_distance_text(found.distance)}"
    return f"The device's answers do not equal those of {reference}, {compared}: its figures mean nothing."


def _distance_text(found: Distance | None) -> str:
    if found is None:
        return ""
    effect = "" if found.effect is None else _effect_text(found.effect)
    if not found.different:
        return f" The TFLite reference gives the same {grouped(found.values)} values.{effect}"
    return (
        f" The TFLite reference differs in {grouped(found.different)} of {grouped(found.values)} values"
        f" ({percent(found.share)}), by at most {found.largest:g}.{effect}"
    )


def _effect_text(found: MetricEffect) -> str:
    return (
        f" Over {plural(found.samples, 'test sample')} of {found.task} {found.metric} is {found.kernels:.4g},"
        f" with the TFLite reference {found.reference:.4g}."
    )


def percent(share: float) -> str:
    """Return a share, 0 to 1, as ``12.3 %``."""
    return f"{share * 100:.1f} %"


def moment(time: str) -> str:
    """Return an ISO 8601 time as ``2025-01-02 03:04 UTC``; what is none stays as it is."""
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return time
    return f"{found.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if found.tzinfo else time


def duration(seconds: float) -> str:
    """Return seconds as ``12.3 s``, ``4 min 05 s`` or ``2 h 03 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def plural(count: int, noun: str) -> str:
    """Return ``1 trial``, ``2 trials``."""
    return f"{grouped(count)} {noun}{'' if count == 1 else 's'}"
