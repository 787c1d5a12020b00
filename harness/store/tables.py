# SPDX-License-Identifier: Apache-2.0
"""The tables of the store: each record as its canonical JSON, with the columns that one queries by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text

from harness.records import Artifact, Candidate, Deployment, Failure, Firmware, Measurement

SCHEMA_VERSION = 3

Record: TypeAlias = Candidate | Artifact | Deployment | Firmware | Measurement | Failure
RECORD_TYPES: tuple[type[Record], ...] = (Candidate, Artifact, Deployment, Firmware, Measurement, Failure)

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

candidates = Table(
    "candidates",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("task_key", String(64), index=True, nullable=False),
    Column("family", Text, nullable=False),
    Column("record", Text, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of the model's bytes
    Column("name", Text, nullable=False),
    Column("record", Text, nullable=False),
)

# Two candidates may be trained into the same bytes: each keeps its own record of them.
candidate_artifacts = Table(
    "candidate_artifacts",
    metadata,
    Column("candidate_key", String(64), primary_key=True),
    Column("artifact", String(64), index=True, nullable=False),
    Column("record", Text, nullable=False),
)

deployments = Table(
    "deployments",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("artifact", String(64), index=True, nullable=False),
    Column("runtime", Text, nullable=False),
    Column("board", Text, nullable=False),
    Column("record", Text, nullable=False),
)

firmwares = Table(
    "firmwares",
    metadata,
    Column("key", String(64), primary_key=True),  # build_key
    Column("deployment_key", String(64), index=True, nullable=False),
    Column("record", Text, nullable=False),
)

measurements = Table(
    "measurements",
    metadata,
    Column("key", String(64), primary_key=True),  # its own id
    Column("build_key", String(64), index=True, nullable=False),
    Column("deployment_key", String(64), index=True, nullable=False),
    Column("rig", Text, nullable=False),
    Column("input_sha256", String(64), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("time", String(40), nullable=False),
    Column("record", Text, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("key", String(64), primary_key=True),  # its own id
    Column("belongs_to", String(64), index=True, nullable=False),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("time", String(40), nullable=False),
    Column("record", Text, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("name", Text, primary_key=True),
    Column("config", Text, nullable=False),  # canonical JSON
    Column("created", String(40), nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("study", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("candidate_key", String(64), index=True, nullable=False),
    Column("board", Text, nullable=False),  # always empty: a trial is on all boards of its study
    Column("state", String(16), index=True, nullable=False),
    Column("outcome", Text, nullable=False),  # canonical JSON; "null" until it is finished
)

# Measurements and failures that a trial led to, by id; a counted measurement may serve several trials.
trial_results = Table(
    "trial_results",
    metadata,
    Column("study", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
)

# The final check of a study: the model of a trial, and its candidate trained again from other seeds.
finals = Table(
    "finals",
    metadata,
    Column("study", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the trial
    Column("repeat", Integer, primary_key=True, autoincrement=False),  # 0 is the trial's own model
    Column("record", Text, nullable=False),  # canonical JSON
)

# Processes that work on studies, and the unfinished trials that are theirs.
runners = Table(
    "runners",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("beat", Integer, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("study", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("runner", String(32), index=True, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a type of record lies in its table; ``owned`` ids are not hashes of the content, so they may clash."""

    name: str
    table: Table
    columns: Callable[[Any], Mapping[str, object]]
    owned: bool = False


KINDS: Mapping[type[object], Kind] = {
    Candidate: Kind(name="candidate", table=candidates, columns=lambda r: {"task_key": r.task_key, "family": r.family}),
    Artifact: Kind(name="artifact", table=artifacts, columns=lambda r: {"name": r.name}),
    Deployment: Kind(
        name="deployment",
        table=deployments,
        columns=lambda r: {"artifact": r.artifact, "runtime": r.runtime, "board": r.board},
    ),
    Firmware: Kind(name="firmware", table=firmwares, columns=lambda r: {"deployment_key": r.deployment_key}),
    Measurement: Kind(
        name="measurement",
        table=measurements,
        columns=lambda r: {
            "build_key": r.build_key,
            "deployment_key": r.deployment_key,
            "rig": r.rig,
            "input_sha256": r.input_sha256,
            "verified": r.verification.verified,
            "time": r.time,
        },
        owned=True,
    ),
    Failure: Kind(
        name="failure",
        table=failures,
        columns=lambda r: {"belongs_to": r.belongs_to, "stage": r.stage, "kind": r.kind, "time": r.time},
        owned=True,
    ),
}


def key_of(record: Record) -> str:
    """Return a record's identity: the primary key of its table."""
    return record.id if isinstance(record, (Measurement, Failure)) else record.key
