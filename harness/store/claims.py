# SPDX-License-Identifier: Apache-2.0
"""Who works on which trial: each running trial belongs to one process, and to another only when that one is gone.

No clock is compared with another's. A process that works on a study counts its beats up in the database; who it is
stands beside them, so that others of its machine can look for it, and others elsewhere see whether it still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from harness.store.database import Database
from harness.store.studies import TrialState, require_study
from harness.store.tables import claims, runners, studies, trials

FINAL_CHECK = -1  # in place of a trial's number: the final check of the whole study


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A process that works on studies: its own key, where it runs, and how many times it has said that it lives.

    ``pid`` is the id of the thread that beats for it, which ends with the process or before, ``started`` its start in
    ticks since ``boot``; ``namespace`` is the kernel's name of such ids.
    """

    key: str
    host: str
    boot: str
    namespace: str
    pid: int
    started: str
    beat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a trial stands; ``runner`` is the key of the process that works on it, or has, if it is not finished."""

    number: int
    candidate_key: str
    state: TrialState
    runner: str | None

    @property
    def ended(self) -> bool:
        return self.state.ended


class Claims:
    """The part of the store that says who works on what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, runner: Runner) -> None:
        """Say that a process works on studies."""
        with self._database.writing() as connection:
            connection.execute(insert(runners).values(**{name: getattr(runner, name) for name in _FIELDS}))

    def beat(self, key: str, beat: int) -> None:
        """Say that a process still lives."""
        with self._database.writing() as connection:
            connection.execute(update(runners).where(runners.c.key == key).values(beat=beat))

    def leave(self, key: str) -> None:
        """Forget a process; the trials and final checks that it has not finished are free."""
        with self._database.writing() as connection:
            connection.execute(delete(claims).where(claims.c.runner == key))
            connection.execute(delete(runners).where(runners.c.key == key))

    def runners(self) -> Sequence[Runner]:
        """Return all processes that have entered and not left, dead ones too."""
        rows = self._database.rows(select(runners))
        return [Runner(**{name: getattr(row, name) for name in _FIELDS}) for row in rows]

    def positions(self, study: str) -> Sequence[Position]:
        """Return where each trial of a study stands, by number."""
        joined = trials.outerjoin(claims, (trials.c.study == claims.c.study) & (trials.c.number == claims.c.number))
        wanted = (trials.c.number, trials.c.candidate_key, trials.c.state, claims.c.runner)
        query = select(*wanted).select_from(joined).where(trials.c.study == study).order_by(trials.c.number)
        return [
            Position(number=row.number, candidate_key=row.candidate_key, state=TrialState(row.state), runner=row.runner)
            for row in self._database.rows(query)
        ]

    def final_owner(self, study: str) -> str | None:
        """Return the key of the process that the final check of a study belongs to, or None."""
        here = (claims.c.study == study) & (claims.c.number == FINAL_CHECK)
        return next((str(row.runner) for row in self._database.rows(select(claims.c.runner).where(here))), None)

    def claim_final(self, study: str, runner: str, *, instead_of: str | None) -> bool:
        """Make the final check of a study ``runner``'s, where ``instead_of`` (or nobody) had it; say whether it is."""
        with self._database.writing() as connection:
            if holder(connection, study, FINAL_CHECK) != instead_of:
                return False
            release(connection, study, FINAL_CHECK)
            connection.execute(insert(claims).values(study=study, number=FINAL_CHECK, runner=runner))
        return True


_FIELDS = ("key", "host", "boot", "namespace", "pid", "started", "beat")


def claim(
    connection: Connection, study: str, number: int, candidate_key: str, runner: str, instead_of: str | None
) -> bool:
    """Make a trial running for a process: a new one, or an unfinished one that ``instead_of`` (None: nobody) held.

    Returns whether it is the process's now; else another was quicker. Raises UserError for an unknown study.
    """
    require_study(connection, study)
    # Where several may write at once, this is where they wait for each other.
    connection.execute(select(studies.c.name).where(studies.c.name == study).with_for_update())
    here = (trials.c.study == study) & (trials.c.number == number)
    row = connection.execute(select(trials.c.candidate_key, trials.c.state).where(here)).first()
    held = holder(connection, study, number)
    if row is None:
        values = {"study": study, "number": number, "candidate_key": candidate_key, "board": ""}
        connection.execute(insert(trials).values(**values, state=TrialState.RUNNING, outcome="null"))
    elif TrialState(row.state).ended or row.candidate_key != candidate_key or held != instead_of:
        return False
    else:
        connection.execute(update(trials).where(here).values(state=TrialState.RUNNING))
    release(connection, study, number)
    connection.execute(insert(claims).values(study=study, number=number, runner=runner))
    return True


def holder(connection: Connection, study: str, number: int) -> str | None:
    """Return the key of the process that a trial belongs to, or None."""
    here = (claims.c.study == study) & (claims.c.number == number)
    return connection.execute(select(claims.c.runner).where(here)).scalar()


def release(connection: Connection, study: str, number: int) -> None:
    """Make a trial nobody's."""
    connection.execute(delete(claims).where((claims.c.study == study) & (claims.c.number == number)))
