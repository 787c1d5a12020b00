# SPDX-License-Identifier: Apache-2.0
"""The store: every record of the flow by its identity, studies with their trials, and blobs beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Select, func, select

from harness.errors import UserError
from harness.records import (
    Artifact,
    BenchOutcome,
    Candidate,
    Failure,
    Measurement,
)
from harness.settings import results_dir, store_url
from harness.store import claims as _claims
from harness.store import studies as _studies
from harness.store.blobs import Blobs
from harness.store.claims import Claims
from harness.store.database import Database, sqlite_url
from harness.store.migrations import place
from harness.store.rows import insert_record, rebuild, text_of
from harness.store.studies import Study, Trial, TrialState
from harness.store.tables import (
    KINDS,
    RECORD_TYPES,
    Record,
    candidate_artifacts,
    measurements,
    trial_results,
    trials,
)
from harness.store.tables import finals as finals_table
from harness.store.tables import studies as studies_table

_Record = TypeVar("_Record", bound=Record)

_FILE = "harness.db"
_AT_ONCE = 500  # keys in one query: databases limit how many it may have


def open_store(where: Path | str, *, blobs: Path | None = None, busy_seconds: float = 20.0) -> Store:
    """Open the store in a folder, or at a database's URL (a str with ``://``) with its blobs in the folder ``blobs``.

    Where HARNESS_STORE names a database, a folder keeps the blobs alone. Nothing is created before something is put.
    Every function of a store raises StoreError, which says what to do. Raises UserError for a URL of no database.
    """
    if isinstance(where, str) and "://" in where:
        return Store(Database(where, busy_seconds=busy_seconds), Blobs(blobs or results_dir() / "blobs"))
    folder = Path(where).absolute()
    url = store_url() or sqlite_url(folder / _FILE)
    return Store(Database(url, busy_seconds=busy_seconds), Blobs(blobs or folder / "blobs"))


class Store:
    """Records, studies and blobs. A context manager; several threads and processes may use one at the same time."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self.claims = Claims(database)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Twice is fine; a use afterwards opens it again."""
        self._database.close()

    # Records

    def put(self, *records: Record) -> None:
        """Store records in one transaction: all are on the disk when this returns, or none.

        A record that is there already stays as it is. Raises StoreError where the id of a measurement or a failure
        is taken by another one, and for a figure that is not a finite number.
        """
        texts = [text_of(record) for record in records]
        with self._database.writing() as connection:
            for record, text in zip(records, texts, strict=True):
                insert_record(connection, record, text)

    def put_outcome(self, outcome: BenchOutcome) -> None:
        """Store whatever records a bench outcome holds, in one transaction."""
        parts = (outcome.artifact, outcome.deployment, outcome.firmware, outcome.measurement, outcome.failure)
        self.put(*(part for part in parts if part is not None))

    def get(self, kind: type[_Record], key: str) -> _Record | None:
        """Return the record of a type with this identity, or None: ``store.get(Candidate, key)``."""
        table = KINDS[kind].table
        return self._one(kind, select(table.c.record).where(table.c.key == key))

    def artifact_of(self, candidate_key: str) -> Artifact | None:
        """Return the artifact that a candidate was trained into, or None: nothing is trained twice."""
        table = candidate_artifacts
        return self._one(Artifact, select(table.c.record).where(table.c.candidate_key == candidate_key))

    def get_many(self, kind: type[_Record], keys: Iterable[str]) -> dict[str, _Record]:
        """Return those records of a type that are there, by their identities."""
        table = KINDS[kind].table
        return self._many(kind, table.c.key, table.c.record, keys)

    def artifacts_of(self, candidate_keys: Iterable[str]) -> dict[str, Artifact]:
        """Return the artifacts of those candidates that were trained, by the candidates' keys."""
        table = candidate_artifacts
        return self._many(Artifact, table.c.candidate_key, table.c.record, candidate_keys)

    def measurement_for(self, build_key: str, rig: str, input_sha256: str) -> Measurement | None:
        """Return the newest measurement of one image on one rig with one input, or None.

        Counted figures are the same every time, so that they need not be counted again; for measured ones, which are
        samples, the caller asks the board.
        """
        table = measurements
        same = (table.c.build_key == build_key) & (table.c.rig == rig) & (table.c.input_sha256 == input_sha256)
        newest = select(table.c.record).where(same).order_by(table.c.time.desc(), table.c.key).limit(1)
        return self._one(Measurement, newest)

    def find(self, prefix: str) -> Record:
        """Return the one record whose identity begins so, or the candidate of a trial given as ``STUDY:NUMBER``.

        Raises UserError for none, or for several, listing them.
        """
        study, colon, number = prefix.rpartition(":")
        numbered = {str(trial.number): trial.candidate_key for trial in self.trials(study)} if colon else {}
        return self._find(RECORD_TYPES, numbered.get(number, prefix))

    def find_measurement(self, prefix: str) -> Measurement:
        """Return the one measurement whose id begins so. Raises UserError as ``find``."""
        found = self._find((Measurement,), prefix)
        assert isinstance(found, Measurement)
        return found

    # Blobs

    def put_blob(self, content: bytes | Path) -> str:
        """Keep a file's content and return its SHA-256: whole and on the disk, or StoreError."""
        return self._blobs.put(content)

    def get_blob(self, sha256: str, *, verify: bool = False) -> Path:
        """Return the path of a blob. Raises StoreError where it is missing or, with ``verify``, damaged."""
        return self._blobs.get(sha256, verify=verify)

    # Studies and trials

    def create_study(self, name: str, config: Mapping[str, Any]) -> Study:
        """Begin a study; ``config`` is plain JSON. Raises UserError where one of that name exists."""
        with self._database.writing() as connection:
            return _studies.insert_study(connection, name, config, datetime.now(UTC).isoformat(timespec="seconds"))

    def resume_study(self, name: str, config: Mapping[str, Any]) -> Study:
        """Return a study. Raises UserError where there is none, or where its configuration differs from ``config``."""
        study = self.study(name)
        _studies.check_config(study, config)
        return study

    def study(self, name: str) -> Study:
        """Return a study by its name. Raises UserError, with the nearest name, where there is none."""
        known = {study.name: study for study in self.studies()}
        if name not in known:
            raise _studies.unknown_study(name, known, f" in {place(self._database.url)}")
        return known[name]

    def studies(self) -> tuple[Study, ...]:
        """Return all studies, the oldest first."""
        table = studies_table
        rows = self._database.rows(select(table).order_by(table.c.created, table.c.name))
        return tuple(Study(name=row.name, config=json.loads(row.config), created=row.created) for row in rows)

    def claim_trial(
        self, study: str, number: int, candidate: Candidate, runner: str, *, instead_of: str | None = None
    ) -> bool:
        """Make a trial ``runner``'s, a new one or one that ``instead_of`` (or nobody) held; say whether it is now.

        Raises UserError for an unknown study.
        """
        text = text_of(candidate)
        with self._database.writing() as connection:
            insert_record(connection, candidate, text)
            return _claims.claim(connection, study, number, candidate.key, runner, instead_of)

    def finish_trial(
        self,
        study: str,
        number: int,
        state: TrialState,
        outcome: Mapping[str, Any],
        *,
        results: Iterable[str],
        runner: str,
    ) -> bool:
        """Store how a trial ended, in plain JSON, and the ids of the measurements and failures that it led to.

        Those are put before. Returns False, with nothing stored, where the trial is not ``runner``'s by now.
        """
        if not state.ended:
            raise ValueError(f"a trial does not end {state}")
        text = text_of(outcome)
        with self._database.writing() as connection:
            if _claims.holder(connection, study, number) != runner:
                return False
            _studies.end_trial(connection, study, number, state, text)
            _studies.link_results(connection, study, number, results)
            _claims.release(connection, study, number)
        return True

    def link_results(self, study: str, number: int, ids: Iterable[str]) -> None:
        """Note measurements and failures of a trial before its end, such as a rig's fault that is tried again."""
        with self._database.writing() as connection:
            _studies.link_results(connection, study, number, ids)

    def trials(self, study: str, state: TrialState | None = None) -> tuple[Trial, ...]:
        """Return the trials of a study by number: all, or those in one state, such as ``TrialState.RUNNING``."""
        query = select(trials).where(trials.c.study == study)
        rows = self._database.rows(query if state is None else query.where(trials.c.state == state))
        links = self._database.rows(select(trial_results).where(trial_results.c.study == study))
        results: dict[int, list[str]] = {}
        for link in links:
            results.setdefault(link.number, []).append(link.key)
        return tuple(
            Trial(
                study=row.study,
                number=row.number,
                candidate_key=row.candidate_key,
                state=TrialState(row.state),
                outcome=json.loads(row.outcome),
                results=tuple(sorted(results.get(row.number, ()))),
            )
            for row in sorted(rows, key=lambda row: row.number)
        )

    def put_final(self, study: str, number: int, repeat: int, record: Mapping[str, Any]) -> None:
        """Store one model of a study's final check in plain JSON: a trial's own (repeat 0), or one trained again."""
        text = text_of(record)
        with self._database.writing() as connection:
            _studies.set_final(connection, study, number, repeat, text)

    def finals(self, study: str) -> tuple[Mapping[str, Any], ...]:
        """Return what ``put_final`` stored of a study, by trial and repeat."""
        table = finals_table
        query = select(table.c.record).where(table.c.study == study).order_by(table.c.number, table.c.repeat)
        return tuple(json.loads(row.record) for row in self._database.rows(query))

    def measurements(self, study: str) -> tuple[Measurement, ...]:
        """Return the measurements that the trials of a study led to, each once, by time."""
        found = self._linked(Measurement, study)
        return tuple(sorted(found, key=lambda record: (record.time, record.id)))

    def failures(self, study: str) -> tuple[Failure, ...]:
        """Return the failures that the trials of a study led to, each once, by time."""
        return tuple(sorted(self._linked(Failure, study), key=lambda record: (record.time, record.id)))

    def results_of(self, key: str) -> tuple[str, ...]:
        """Return the ids of all measurements and failures of a candidate, artifact, deployment or firmware, by time."""
        return _studies.results_of(self._database.rows, key)

    def _linked(self, kind: type[_Record], study: str) -> list[_Record]:
        table = KINDS[kind].table
        linked = select(trial_results.c.key).where(trial_results.c.study == study)
        return self._all(kind, select(table.c.record).where(table.c.key.in_(linked)))

    def _many(self, kind: type[_Record], name: Any, record: Any, keys: Iterable[str]) -> dict[str, _Record]:
        wanted, found = list(dict.fromkeys(keys)), dict[str, _Record]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = name.in_(wanted[start : start + _AT_ONCE])
            rows = self._database.rows(select(name, record).where(some))
            found |= {row[0]: rebuild(kind, row.record) for row in rows}
        return found

    def _one(self, kind: type[_Record], query: Select[Any]) -> _Record | None:
        return next(iter(self._all(kind, query)), None)

    def _all(self, kind: type[_Record], query: Select[Any]) -> list[_Record]:
        return [rebuild(kind, row.record) for row in self._database.rows(query)]

    def _what_there_is(self, text: str) -> str:
        """Return a hint for what is no record: the name of a study is none."""
        names = tuple(study.name for study in self.studies())
        study = text if text in names else text.rpartition(":")[0]
        if study in names:
            return f"{study!r} is a study: 'harness report {study}' shows all of it, {study}:NUMBER is a trial."
        listed = f" Studies: {', '.join(names[:10])}{', ...' if len(names) > 10 else '.'}" if names else ""
        return f"'harness report' and --json print the ids.{listed}"

    def _find(self, kinds: tuple[type[Record], ...], prefix: str) -> Record:
        found: dict[str, tuple[type[Record], str]] = {}
        for kind in kinds:
            table = KINDS[kind].table
            query = select(table).where(func.substr(table.c.key, 1, len(prefix)) == prefix).order_by(table.c.key)
            found |= {row.key: (kind, row.record) for row in self._database.rows(query.limit(20))}
        if len(found) == 1:
            kind, text = next(iter(found.values()))
            only: Record = rebuild(kind, text)
            return only
        what = "record" if len(kinds) > 1 else KINDS[kinds[0]].name
        if not found:
            raise UserError(
                f"there is no {what} {prefix!r} in {place(self._database.url)}", hint=self._what_there_is(prefix)
            )
        listed = "\n".join(f"  {key}  {KINDS[kind].name}" for key, (kind, _) in sorted(found.items())[:20])
        raise UserError(f"several identities begin with {prefix!r}:\n{listed}", hint="Give more of its digits.")
