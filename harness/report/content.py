# SPDX-License-Identifier: Apache-2.0
"""What a report says, gathered from the store: entries by board, failures, the environment. No layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.boards import Board, load_board
from harness.errors import BadBoard, UserError
from harness.finals import Finals, load_finals
from harness.records import Artifact, Candidate, Deployment, Failure, Firmware, Measurement
from harness.report.figures import Column, Entry, Wanted, columns_of, front_of, objective_columns
from harness.report.words import short_name
from harness.store import Store, Study, Trial, TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All entries on one board, their columns, and the positions of those on the front of the objectives."""

    board_id: str
    board: Board | None  # None where its file is gone
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]
    objectives: tuple[Column, ...]
    front: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure, or figures that were not verified: the trials that it ended, what failed where, and why."""

    trials: tuple[int, ...]
    what: str  # the network or model
    board: str
    stage: str
    kind: str
    reason: str
    violation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that a report shows."""

    title: str
    study: Study | None
    counts: Mapping[str, int]  # trials by state
    repeated: int  # trials that proposed what an earlier one had
    parts: tuple[Part, ...]
    faults: tuple[Fault, ...]
    environment: tuple[tuple[str, str, str], ...]  # where, name, value
    finals: Finals | None = None


def study_content(store: Store, name: str) -> Content:
    """Gather a study. Raises UserError where there is none of that name."""
    study = store.study(name)
    trials = store.trials(name)
    measured = {found.id: found for found in store.measurements(name)}
    entries = [
        _entry(store, trial.number, measured[key], store.get(Candidate, trial.candidate_key))
        for trial in trials
        if not _repeats(trial)
        for key in trial.results
        if key in measured
    ]
    failures = store.failures(name)
    by_trial = {f.id: tuple(t.number for t in trials if f.id in t.results) for f in failures}
    candidates = {t.number: store.get(Candidate, t.candidate_key) for t in trials}
    faults = tuple(_fault(store, failure, by_trial[failure.id], candidates) for failure in failures)
    content = _content(name, _parts(entries, study), faults, study=study, trials=trials)
    return replace(content, finals=load_finals(store, name))


def run_content(store: Store, ids: Sequence[str]) -> Content:
    """Gather measurements and failures of a bench run by their ids. Raises UserError for one that is not there."""
    entries, faults = [], []
    for number, identity in enumerate(ids, start=1):
        if (found := store.get(Measurement, identity)) is not None:
            entries.append(_entry(store, number, found, None))
        elif (failure := store.get(Failure, identity)) is not None:
            faults.append(_fault(store, failure, (), {}))
        else:
            hint = "Give the id that 'harness bench' printed."
            raise UserError(f"the store has no measurement or failure {identity!r}", hint=hint)
    names = list(dict.fromkeys(short_name(entry.artifact.name) for entry in entries if entry.artifact))
    title = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return _content(title or "Bench", _parts(entries, None), tuple(faults))


def _content(
    title: str,
    parts: tuple[Part, ...],
    faults: tuple[Fault, ...],
    *,
    study: Study | None = None,
    trials: Sequence[Trial] = (),
) -> Content:
    return Content(
        title=title,
        study=study,
        counts={state.value: sum(trial.state is state for trial in trials) for state in TrialState},
        repeated=sum(_repeats(trial) for trial in trials),
        parts=parts,
        faults=tuple(sorted((*faults, *_unverified(parts)), key=lambda f: (f.trials, f.board, f.kind, f.reason))),
        environment=_environment(parts),
    )


def _repeats(trial: Trial) -> bool:
    return trial.outcome is not None and trial.outcome.get("duplicate_of") is not None


def _entry(store: Store, number: int, measurement: Measurement, candidate: Candidate | None) -> Entry:
    deployment = store.get(Deployment, measurement.deployment_key)
    artifact = store.artifact_of(candidate.key) if candidate is not None else None
    if artifact is None and deployment is not None:
        artifact = store.get(Artifact, deployment.artifact)
    if candidate is None and artifact is not None and artifact.candidate_key is not None:
        candidate = store.get(Candidate, artifact.candidate_key)
    firmware = store.get(Firmware, measurement.build_key)
    return Entry(
        number=number,
        measurement=measurement,
        candidate=candidate,
        artifact=artifact,
        deployment=deployment,
        firmware=firmware,
    )


def _parts(entries: Sequence[Entry], study: Study | None) -> tuple[Part, ...]:
    """Group entries by board: the study's order of boards first, then any others by name."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.deployment.board if entry.deployment else "unknown board", []).append(entry)
    boards = study.config.get("boards") if study else None
    order = [board for board in dict.fromkeys(boards) if board in found] if isinstance(boards, list) else []
    names = (*order, *sorted(found.keys() - set(order)))
    return tuple(_part(name, found[name], study) for name in names)


def _part(board_id: str, found: Sequence[Entry], study: Study | None) -> Part:
    """Gather one board; without a study nothing is ranked, since the models of a bench run do not compete."""
    entries = tuple(sorted(found, key=lambda entry: (entry.number, entry.measurement.time, entry.measurement.id)))
    columns = columns_of(entries)
    objectives = objective_columns(columns, _wanted(study, board_id)) if study else ()
    return Part(
        board_id=board_id,
        board=_board(board_id),
        entries=entries,
        columns=columns,
        objectives=objectives,
        front=front_of(entries, objectives),
    )


def _wanted(study: Study, board_id: str) -> tuple[Wanted, ...]:
    """Return a study's objectives on one board, from ``[{"name", "direction", "board"}]`` in its configuration."""
    found = study.config.get("objectives")
    return tuple(
        Wanted(name=str(each.get("name")), minimised=each.get("direction") != "maximize")
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, dict) and each.get("board") in (None, board_id)
    )


def _board(board_id: str) -> Board | None:
    try:
        return load_board(board_id)
    except BadBoard:
        return None  # measured with a file that is gone since: its figures stand, its facts are unknown


def _fault(
    store: Store, failure: Failure, trials: tuple[int, ...], candidates: Mapping[int, Candidate | None]
) -> Fault:
    deployment = store.get(Deployment, failure.belongs_to)
    artifact = store.get(Artifact, deployment.artifact if deployment else failure.belongs_to)
    candidate = next((c for number in trials if (c := candidates.get(number))), None)
    if candidate is None and artifact is None:
        candidate = store.get(Candidate, failure.belongs_to)
    return Fault(
        trials=trials,
        what=_what(candidate, artifact),
        board=failure.board or (deployment.board if deployment else ""),
        stage=failure.stage,
        kind=failure.kind,
        reason=failure.message,
        violation=failure.violation,
    )


def _unverified(parts: Sequence[Part]) -> list[Fault]:
    reason = "The device's output was not shown to equal the reference: its figures are faults and are not ranked."
    return [
        Fault(
            trials=(entry.number,),
            what=_what(entry.candidate, entry.artifact),
            board=part.board_id,
            stage="verifying",
            kind="Unverified",
            reason=reason,
            violation=0.0,
        )
        for part in parts
        for entry in part.entries
        if not entry.verified
    ]


def _what(candidate: Candidate | None, artifact: Artifact | None) -> str:
    if candidate is not None:
        return candidate.family.replace("_", " ")
    return artifact.name if artifact is not None else ""


def _environment(parts: Sequence[Part]) -> tuple[tuple[str, str, str], ...]:
    """Return every fact of the measurements' environments once; with its board where not all boards agree on it."""
    values: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        for entry in part.entries:
            for name, value in (*entry.measurement.environment, ("rig", entry.measurement.rig)):
                boards = values.setdefault(name, {}).setdefault(value, [])
                if part.board_id not in boards:
                    boards.append(part.board_id)
    return tuple(
        ("" if len(by_value) == 1 else ", ".join(boards), name, value)
        for name, by_value in sorted(values.items())
        for value, boards in sorted(by_value.items())
    )
