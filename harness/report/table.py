# SPDX-License-Identifier: Apache-2.0
"""A study as a table of pandas: a row for each finished trial on each board, units in the names of the columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import DoesNotFit, LimitViolated, UserError
from harness.finals import JudgedCandidate
from harness.records import Candidate, Failure, How, Measurement
from harness.report.content import study_content
from harness.report.figures import Entry, shown_metrics
from harness.store import Store, Trial

if TYPE_CHECKING:
    import pandas as pd

# Figures that differ in how they were obtained never share a column.
_TIMED = (
    ("latency", How.MEASURED, "latency_measured_us"),
    ("latency", How.MODELLED, "latency_modelled_us"),
    ("energy", How.MEASURED, "energy_measured_uj"),
    ("energy", How.MODELLED, "energy_modelled_uj"),
)
_BYTES = (
    "ram_model_bytes",
    "ram_stack_bytes",
    "ram_total_bytes",
    "flash_weights_bytes",
    "flash_code_bytes",
    "flash_total_bytes",
    "model_bytes",
)
_TYPES = (
    {"trial": "int64", "board": "str", "status": "str", "on_front": "bool", "verified": "boolean", "family": "str"}
    | {"compression": "str", "final_survives": "boolean", "final_flags": "str", "final_seeds": "Int64"}
    | {"instructions": "Int64", "cycles_modelled_zero_wait": "Int64", "cycles_modelled_flash_wait": "Int64"}
    | {name: "float64" for _, _, name in _TIMED}
    | dict.fromkeys(_BYTES, "Int64")
    | {"violation": "float64", "reason": "str", "duplicate_of": "Int64", "candidate": "str", "artifact": "str"}
    | {"measurement": "str", "build_key": "str", "rig": "str", "time_utc": "str"}
)
_FIRST_FINAL = "final_survives"


def study_table(store: Store, study: str) -> pd.DataFrame:
    """Return the finished trials of a study, a row for each board; what is not known is missing.

    Columns: ``trial``, ``board``, ``status``, ``on_front`` (over all objectives and boards), ``verified``,
    ``family``, ``compression``; ``parameter.<name>`` and ``metric.<name>`` (of the host, on validation data);
    ``test.<metric>`` with ``_low``, ``_high`` and ``_mean`` (over the other seeds), ``final_...`` of the final check;
    figures with their units; then why a trial came to nothing, and the identities of its records. A trial that ended
    before it came to a board, and one that repeats an earlier candidate, has one row.
    Raises UserError for an unknown study, and where pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'mcu-harness[report]'"
        raise UserError("a table of results needs the package pandas, which is not installed", hint=hint) from error
    rows = list(_rows(store, study))
    names = {name for row in rows for name in row}
    parameters = sorted(name for name in names if name.startswith("parameter."))
    metrics = sorted(name for name in names if name.startswith("metric."))
    scores = list(dict.fromkeys(name for row in rows for name in row if name.startswith("test.")))
    place = list(_TYPES).index(_FIRST_FINAL)
    columns = [*list(_TYPES)[:place], *parameters, *metrics, *scores, *list(_TYPES)[place:]]
    frame = pd.DataFrame(rows, columns=columns)
    frame[parameters] = frame[parameters].convert_dtypes()  # an integer that some rows lack stays one
    return frame.astype(_TYPES | dict.fromkeys(scores, "float64"))


def write_table(table: pd.DataFrame, path: Path, *, parquet: bool) -> None:
    """Write a table as Parquet or as comma-separated values. Raises UserError where that cannot be."""
    try:
        if parquet:
            table.to_parquet(path, index=False)
        else:
            table.to_csv(path, index=False)
    except ImportError as error:
        raise UserError(
            "Parquet needs the package pyarrow, which is not installed",
            hint="Install it with: pip install pyarrow; or take CSV.",
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def _rows(store: Store, study: str) -> Iterator[dict[str, Any]]:
    content = study_content(store, study)
    entries: dict[tuple[int, str], tuple[Entry, bool]] = {}
    for part in content.parts:
        for position, entry in enumerate(part.entries):
            entries[entry.number, part.board_id] = (entry, position in part.front)
    failures = {failure.id: failure for failure in store.failures(study)}
    judged = {each.trial: each for each in content.finals.candidates} if content.finals else {}
    for trial in store.trials(study):
        if not trial.state.ended:
            continue
        head = _head(store, trial)
        if trial.number in judged:
            head |= _final(judged[trial.number])
        measured = {board: found for (number, board), found in entries.items() if number == trial.number}
        failed = {failures[key].board: failures[key] for key in trial.results if key in failures}
        for board, (entry, on_front) in measured.items():
            figures = _figures(entry.measurement)
            yield {**head, "board": board, "on_front": on_front, **figures, **_broken_limits(trial, board)}
        for board, failure in failed.items():
            if board not in measured:  # else it was tried again
                yield {**head, "board": board or None, **_reason(failure)}
        if not measured and not failed:
            yield head


def _head(store: Store, trial: Trial) -> dict[str, Any]:
    """Return what all rows of a trial have in common."""
    outcome = trial.outcome or {}
    candidate = store.get(Candidate, trial.candidate_key)
    artifact = store.artifact_of(trial.candidate_key)
    head = {
        "trial": trial.number,
        "status": outcome.get("status", trial.state.value),
        "on_front": False,
        "duplicate_of": outcome.get("duplicate_of"),
        "candidate": trial.candidate_key,
    }
    if candidate is not None:
        head |= {"family": candidate.family, "compression": " + ".join(step.name for step in candidate.compression)}
        head |= {f"parameter.{name}": value for name, value in candidate.parameters}
        head |= {
            f"parameter.{step.name}.{name}": value for step in candidate.compression for name, value in step.parameters
        }
    if artifact is not None:
        head |= {"artifact": artifact.sha256, "model_bytes": artifact.size_bytes}
        head |= {f"metric.{name}": value for name, value in shown_metrics(artifact)}
    return head


def _final(judged: JudgedCandidate) -> dict[str, Any]:
    """Return what the final check says of a trial: scores on test data with intervals, and whether it survives."""
    found: dict[str, Any] = {}
    for score in (judged.own.test, *judged.own.further):
        if score is not None:
            name = f"test.{score.metric}"
            mean = judged.mean(score.metric) if judged.test_scores else None
            found |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high, f"{name}_mean": mean}
    return found | {
        "final_survives": judged.survives,
        "final_flags": " ".join(dict.fromkeys(flag.kind for flag in judged.flags)) or None,
        "final_seeds": len(judged.repeats),
    }


def _figures(found: Measurement) -> dict[str, Any]:
    timed = {"latency": found.latency, "energy": found.energy}
    return {
        "verified": found.verification.verified,
        "instructions": None if found.instructions is None else int(found.instructions.value),
        "cycles_modelled_zero_wait": found.cycles and found.cycles.zero_wait,
        "cycles_modelled_flash_wait": found.cycles and found.cycles.flash_wait,
        **{
            column: quantity.value
            for name, how, column in _TIMED
            if (quantity := timed[name]) is not None and quantity.how is how
        },
        **{f"ram_{name}": getattr(found.ram, name) for name in ("model_bytes", "stack_bytes", "total_bytes")},
        **{f"flash_{name}": getattr(found.flash, name) for name in ("weights_bytes", "code_bytes", "total_bytes")},
        "measurement": found.id,
        "build_key": found.build_key,
        "rig": found.rig,
        "time_utc": found.time,
    }


def _reason(failure: Failure) -> dict[str, Any]:
    reason = f"{failure.kind} while {failure.stage}: {failure.message}"
    sized = failure.kind in (DoesNotFit.__name__, LimitViolated.__name__)
    return {"reason": reason, "violation": (failure.violation or None) if sized else None}


def _broken_limits(trial: Trial, board: str) -> dict[str, Any]:
    """Return which limits a measured trial breaks on a board or by its model, and the sum of what it is beyond them."""
    reasons = (trial.outcome or {}).get("reasons", ())
    found = [each for each in reasons if each["kind"] == LimitViolated.__name__ and each["board"] in (None, board)]
    if not found:
        return {}
    text = "; ".join(each["message"] for each in found)
    violation = sum(each["violation"] for each in found)
    return {"reason": f"{LimitViolated.__name__}: {text}", "violation": violation}
