# SPDX-License-Identifier: Apache-2.0
"""What a report says, gathered from the store: entries by board, failures, the environment. No layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.boards import Board, load_board
from harness.errors import BadBoard, UserError
from harness.finals import Finals, load_finals
from harness.records import Artifact, Candidate, Deployment, Failure, Firmware, Measurement
from harness.report.figures import Column, Entry, Wanted, columns_of, objective_columns
from harness.report.records import Records
from harness.report.standing import StudyFacts, study_facts
from harness.report.words import percent, short_name
from harness.search import Status
from harness.store import Store, Study, Trial, TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All entries on one board, their columns, and the positions of those on the study's front."""

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

    @property
    def beyond(self) -> str:
        """By how much a limit is broken or a memory too small, in words; empty for what has no such size."""
        if not self.violation:
            return ""
        texts = {
            "LimitViolated": f"{percent(self.violation)} beyond",
            "DoesNotFit": f"{self.violation:,.0f} bytes missing",
        }
        return texts.get(self.kind, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that a report shows; ``facts`` are those of a study."""

    title: str
    study: Study | None
    facts: StudyFacts | None
    counts: Mapping[str, int]  # trials by state
    repeated: int  # trials that proposed what an earlier one had
    parts: tuple[Part, ...]
    faults: tuple[Fault, ...]
    environment: tuple[tuple[str, str, str], ...]  # where, name, value
    finals: Finals | None = None
    under_way: tuple[tuple[int, Candidate | None], ...] = ()  # trials that run just now

    @property
    def finished(self) -> int:
        """Return how many trials have ended, in whatever way."""
        return self.counts["complete"] + self.counts["failed"]

    @property
    def ended(self) -> str:
        """Return in words how trials have ended: ``36 complete, 21 infeasible, 2 failed``."""
        found = Counter(trial.outcome.status for trial in self.facts.finished) if self.facts else Counter[Status]()
        return ", ".join(f"{found[status]:,} {status.value}" for status in Status if found[status]) or "none has ended"


def study_content(store: Store, name: str, records: Records | None = None) -> Content:
    """Gather a study; what ``records`` has read already is not read again.

    Raises UserError where there is none of that name, StoreError where it cannot be read.
    """
    known = Records(store) if records is None else records
    study = store.study(name)
    trials = store.trials(name)
    keys = [key for trial in trials for key in trial.results]
    measured, failures = known.get_many(Measurement, keys), known.get_many(Failure, keys)
    candidates = known.get_many(Candidate, (trial.candidate_key for trial in trials))
    known.artifacts_of(candidates)
    deployments = known.get_many(Deployment, (found.deployment_key for found in measured.values()))
    known.get_many(Firmware, (found.build_key for found in measured.values()))
    known.get_many(Artifact, (deployment.artifact for deployment in deployments.values()))
    facts = study_facts(known, study, trials)
    entries = [
        _entry(known, trial.number, measured[key], candidates.get(trial.candidate_key))
        for trial in trials
        if not _repeats(trial)
        for key in trial.results
        if key in measured
    ]
    by_trial = {key: tuple(t.number for t in trials if key in t.results) for key in failures}
    by_number = {trial.number: candidates.get(trial.candidate_key) for trial in trials}
    faults = tuple(_fault(known, failure, by_trial[key], by_number) for key, failure in failures.items())
    whole = _content(name, _parts(entries, study, facts), faults, study=study, facts=facts, trials=trials)
    under_way = tuple((number, by_number[number]) for number in facts.under_way)
    return replace(whole, under_way=under_way, finals=load_finals(store, name))


def run_content(store: Store, ids: Sequence[str]) -> Content:
    """Gather measurements and failures of a bench run by their ids. Raises UserError for one that is not there."""
    known = Records(store)
    entries, faults = [], []
    for number, identity in enumerate(ids, start=1):
        if (found := known.get(Measurement, identity)) is not None:
            entries.append(_entry(known, number, found, None))
        elif (failure := known.get(Failure, identity)) is not None:
            faults.append(_fault(known, failure, (), {}))
        else:
            hint = "Give the id that 'harness bench' printed."
            raise UserError(f"the store has no measurement or failure {identity!r}", hint=hint)
    names = list(dict.fromkeys(short_name(entry.artifact.name) for entry in entries if entry.artifact))
    title = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return _content(title or "Bench", _parts(entries, None, None), tuple(faults))


def _content(
    title: str,
    parts: tuple[Part, ...],
    faults: tuple[Fault, ...],
    *,
    study: Study | None = None,
    facts: StudyFacts | None = None,
    trials: Sequence[Trial] = (),
) -> Content:
    return Content(
        title=title,
        study=study,
        facts=facts,
        counts={state.value: sum(trial.state is state for trial in trials) for state in TrialState},
        repeated=sum(_repeats(trial) for trial in trials),
        parts=parts,
        faults=tuple(sorted((*faults, *_unverified(parts)), key=lambda f: (f.trials, f.board, f.kind, f.reason))),
        environment=_environment(parts),
    )


def _repeats(trial: Trial) -> bool:
    return trial.outcome is not None and trial.outcome.get("duplicate_of") is not None


def _entry(store: Records, number: int, measurement: Measurement, candidate: Candidate | None) -> Entry:
    deployment = store.get(Deployment, measurement.deployment_key)
    artifact = store.artifacts_of((candidate.key,)).get(candidate.key) if candidate is not None else None
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


def _parts(entries: Sequence[Entry], study: Study | None, facts: StudyFacts | None) -> tuple[Part, ...]:
    """Group entries by board: the study's order of boards first, then any others by name."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.deployment.board if entry.deployment else "unknown board", []).append(entry)
    boards = study.config.get("boards") if study else None
    order = [board for board in dict.fromkeys(boards) if board in found] if isinstance(boards, list) else []
    names = (*order, *sorted(found.keys() - set(order)))
    return tuple(_part(name, found[name], facts) for name in names)


def _part(board_id: str, found: Sequence[Entry], facts: StudyFacts | None) -> Part:
    """Gather one board; without a study nothing is ranked, since the models of a bench run do not compete."""
    entries = tuple(sorted(found, key=lambda entry: (entry.number, entry.measurement.time, entry.measurement.id)))
    columns = columns_of(entries)
    front = facts.front if facts else frozenset()
    return Part(
        board_id=board_id,
        board=_board(board_id),
        entries=entries,
        columns=columns,
        objectives=objective_columns(columns, _wanted(facts, board_id)) if facts else (),
        front=frozenset(at for at, entry in enumerate(entries) if entry.number in front),
    )


def _wanted(facts: StudyFacts, board_id: str) -> tuple[Wanted, ...]:
    """Return a study's objectives on one board."""
    return tuple(
        Wanted(name=each.name, minimised=each.direction == "minimize")
        for each in facts.objectives
        if each.board in (None, board_id)
    )


def _board(board_id: str) -> Board | None:
    try:
        return load_board(board_id)
    except BadBoard:
        return None  # measured with a file that is gone since: its figures stand, its facts are unknown


def _fault(
    store: Records, failure: Failure, trials: tuple[int, ...], candidates: Mapping[int, Candidate | None]
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
