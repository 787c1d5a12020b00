# SPDX-License-Identifier: Apache-2.0
"""Studies and their trials: what was asked, what is under way, what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from harness.errors import UserError, did_you_mean
from harness.records import canonical_json
from harness.store.tables import (
    candidate_artifacts,
    deployments,
    failures,
    finals,
    firmwares,
    measurements,
    studies,
    trial_results,
    trials,
)


class TrialState(StrEnum):
    """Where a trial stands; a run that is killed leaves some ``running``."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing will change it."""
        return self in (TrialState.COMPLETE, TrialState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A search: its name, all that it was asked to do, and when it was created (UTC, ISO 8601)."""

    name: str
    config: Mapping[str, Any]
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One proposal of a study. ``outcome`` is what the search was told, None until the trial is finished."""

    study: str
    number: int
    candidate_key: str
    state: TrialState
    outcome: Mapping[str, Any] | None
    results: tuple[str, ...]  # ids of measurements and failures


def insert_study(connection: Connection, name: str, config: Mapping[str, Any], created: str) -> Study:
    """Store a new study. Raises UserError where one of that name exists."""
    if connection.execute(select(studies.c.name).where(studies.c.name == name)).first():
        raise UserError(f"the study {name!r} exists", hint="Go on with it by --resume, or name another with --study.")
    connection.execute(insert(studies).values(name=name, config=canonical_json(config), created=created))
    return Study(name=name, config=json.loads(canonical_json(config)), created=created)


def check_config(study: Study, config: Mapping[str, Any]) -> None:
    """Raise UserError, naming what differs, where a study was begun with another configuration."""
    given = json.loads(canonical_json(config))
    differing = sorted(k for k in given.keys() | study.config.keys() if given.get(k) != study.config.get(k))
    if differing:
        was = ", ".join(f"{key} was {study.config.get(key)!r}, is {given.get(key)!r}" for key in differing)
        raise UserError(
            f"the study {study.name!r} was begun otherwise: {was}",
            hint="Resume it with the options that it was begun with, or name another with --study.",
        )


def unknown_study(name: str, known: Iterable[str], where: str = "") -> UserError:
    """Return the error for a study that is not in the store; ``where`` tells which."""
    return UserError(f"there is no study {name!r}{where}", hint=did_you_mean(name, known))


def require_study(connection: Connection, study: str) -> None:
    """Raise UserError for an unknown study."""
    if not connection.execute(select(studies.c.name).where(studies.c.name == study)).first():
        raise unknown_study(study, connection.scalars(select(studies.c.name)))


def end_trial(connection: Connection, study: str, number: int, state: TrialState, outcome: str) -> None:
    """Store how a trial ended."""
    here = (trials.c.study == study) & (trials.c.number == number)
    connection.execute(update(trials).where(here).values(state=state, outcome=outcome))


def link_results(connection: Connection, study: str, number: int, ids: Iterable[str]) -> None:
    """Note which measurements and failures a trial led to; a second time is harmless."""
    here = (trial_results.c.study == study) & (trial_results.c.number == number)
    known = set(connection.scalars(select(trial_results.c.key).where(here)))
    for key in dict.fromkeys(ids):
        if key not in known:
            connection.execute(insert(trial_results).values(study=study, number=number, key=key))


def set_final(connection: Connection, study: str, number: int, repeat: int, record: str) -> None:
    """Store one model of a study's final check, in place of an earlier one at the same place."""
    here = (finals.c.study == study) & (finals.c.number == number) & (finals.c.repeat == repeat)
    connection.execute(delete(finals).where(here))
    connection.execute(insert(finals).values(study=study, number=number, repeat=repeat, record=record))


def results_of(rows: Callable[[Select[Any]], Sequence[Row[Any]]], key: str) -> tuple[str, ...]:
    """Return the ids of the measurements and failures that lead back to a record, by time."""
    made, built = candidate_artifacts, deployments
    keys = {key, *(row.artifact for row in rows(select(made).where(made.c.candidate_key == key)))}
    keys |= {row.key for row in rows(select(built).where(built.c.artifact.in_(keys)))}
    keys |= {row.key for row in rows(select(firmwares).where(firmwares.c.deployment_key.in_(keys)))}
    measured = measurements.c.deployment_key.in_(keys) | measurements.c.build_key.in_(keys)
    found = [(row.time, row.key) for row in rows(select(measurements).where(measured))]
    found += [(row.time, row.key) for row in rows(select(failures).where(failures.c.belongs_to.in_(keys)))]
    return tuple(identity for _, identity in sorted(found))
