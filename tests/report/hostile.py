# SPDX-License-Identifier: Apache-2.0
"""A study in which everything that can have a name is called something hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.records import Candidate, CompressionStep, Failure, How, Measurement, Quantity, to_plain
from harness.report.content import Content, study_content
from harness.search import Reason, Status, TrialOutcome, Value
from harness.store import TrialState, open_store
from tests.report import synthetic
from tests.store import examples


def hostile_content(folder: Path, name: str) -> Content:
    """Return the content of a small study in which everything that can have a name is called ``name``."""
    measurement = store_hostile(folder, name)
    with open_store(folder) as store:
        content = study_content(store, name)
        assert store.get(Measurement, measurement.id) == measurement
    return content


def store_hostile(folder: Path, name: str) -> Measurement:
    """Put a study of two trials, one measured and one failed, in which everything is called ``name``."""
    candidate = Candidate(
        task_key=examples.digest("task"),
        family=name,
        parameters=((name, name),),
        compression=(CompressionStep(name=name, parameters=((name, name),)),),
        seed=1,
    )
    artifact = replace(examples.artifact(1, candidate.key), name=name, metrics=((f"validation_{name}", 0.5),))
    deployment = replace(examples.deployment(1), board=name, runtime=name, runtime_version=name, optimize=name)
    template = synthetic.firmware_sections(name)
    firmware = replace(
        examples.firmware(1), deployment_key=deployment.key, sections=template, toolchain=name, flags=name
    )
    base = examples.measurement(1)
    verification = replace(base.verification, rule=name, reference=replace(base.verification.reference, package=name))
    measurement = replace(
        base,
        deployment_key=deployment.key,
        rig=name,
        environment=((name, name),),
        instructions=Quantity(value=5.0, unit=name, how=How.COUNTED, source=name),
        verification=verification,
        layers=(synthetic.hostile_layer(name),),
        time=name,
    )
    failure = Failure(id="f", belongs_to=artifact.key, stage=name, kind=name, message=name, board=name)
    values = (
        Value(objective=name, value=0.5, how=How.HOST),
        Value(objective=f"ram@{name}", value=9.0, how=How.COUNTED),
    )
    complete = TrialOutcome(status=Status.COMPLETE, parameters=((name, name),), values=values)
    reason = Reason(board=name, kind="BuildError", stage=name, message=name)
    failed = TrialOutcome(status=Status.FAILED, parameters=((name, 1),), reasons=(reason,))
    with open_store(folder) as store:
        objectives = [{"name": name, "direction": "maximize"}, {"name": "ram", "direction": "minimize", "board": name}]
        limits = [
            {"name": name, "sense": ">=", "bound": 0.1},
            {"name": "ram", "sense": "<=", "bound": 1e9, "board": name},
        ]
        config = {
            "task": name,
            "boards": [name],
            "objectives": objectives,
            "limits": limits,
            name[:3] + "x": name,
        }
        store.create_study(name, config)
        store.claim_trial(name, 0, candidate, examples.RUNNER)
        store.put(artifact, deployment, firmware, measurement, failure)
        store.finish_trial(
            name, 0, TrialState.COMPLETE, to_plain(complete), results=[measurement.id], runner=examples.RUNNER
        )
        store.claim_trial(name, 1, replace(candidate, seed=2), examples.RUNNER)
        store.finish_trial(name, 1, TrialState.FAILED, to_plain(failed), results=[failure.id], runner=examples.RUNNER)
    return measurement
