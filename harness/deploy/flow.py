# SPDX-License-Identifier: Apache-2.0
"""From a model, or what the store knows of one, to a library: measured and verified first, then written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePath

from harness import registry
from harness.deploy.library import Facts, library_files, require_empty, write_library
from harness.errors import UserError
from harness.pipeline import BenchRequest, bench_model, find_target
from harness.pipeline.request import Watch
from harness.records import Artifact, Candidate, Deployment, Firmware, Measurement, Quantity
from harness.runtimes import Runtime
from harness.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A library that was written: its folder, its name in C and PlatformIO, and the measurement that it rests on."""

    folder: Path
    name: str
    measurement: Measurement


def find_model(source: str, store: Store) -> tuple[str, bytes]:
    """Return the name and the bytes of a model: of a file, or of a record by the beginning of its id.

    The record may be a trial, a candidate, an artifact, a deployment, a firmware or a measurement. Raises UserError
    where there is none.
    """
    path = Path(source)
    if path.suffix == ".tflite" or path.is_file():
        return path.name, BenchRequest(model=path, name=source, board="").read_model()
    sha256 = _artifact_of(source, store)
    artifact = store.get(Artifact, sha256)
    name = PurePath(artifact.name.replace("\\", "/")).name.removesuffix(".tflite") if artifact else "model"
    return f"{name}.tflite", store.get_blob(sha256, verify=True).read_bytes()


def deploy(request: BenchRequest, folder: Path, store: Store, watch: Watch = lambda _stage: None) -> Deployed:
    """Measure a model on a board, or take what was counted before, and write it as a library into ``folder``.

    Raises what the bench does, WrongAnswer where the output is not that of the reference; UserError where the folder is
    not empty.
    """
    require_empty(folder)  # before anything is measured
    done = bench_model(request, lambda: store, watch)
    if done.error is not None:
        raise done.error
    measurement = done.outcome.measurement
    assert measurement is not None
    watch("writing the library")
    model = request.read_model()
    board = find_target(request.board, estimate=request.estimate, port=request.port).machine
    runtime: Runtime = registry.load("harness.runtimes", request.runtime).RUNTIME
    rendered = runtime.render(model, board, name=request.name, optimize=request.optimize, plan=request.plan)
    artifact = store.get(Artifact, hashlib.sha256(model).hexdigest())
    files = library_files(model, rendered, board, _facts(request, measurement, artifact), optimize=request.optimize)
    write_library(folder, files)
    return Deployed(folder=folder, name=rendered.prefix, measurement=measurement)


def _artifact_of(prefix: str, store: Store) -> str:
    """Return the SHA-256 of the model that a record is of."""
    record = store.find(prefix)
    if isinstance(record, Measurement | Firmware):
        record = store.get(Deployment, record.deployment_key) or record
    match record:
        case Artifact():
            return record.sha256
        case Deployment():
            return record.artifact
        case Candidate():
            artifact = store.artifact_of(record.key)
            if artifact is not None:
                return artifact.sha256
    raise UserError(
        f"{prefix} is a {type(record).__name__.lower()} without a model",
        hint="Name a .tflite file, or the beginning of the id of a candidate, an artifact or a measurement.",
    )


def _facts(request: BenchRequest, measurement: Measurement, artifact: Artifact | None) -> Facts:
    ram, flash = measurement.ram, measurement.flash
    figures = [
        ("RAM of the inference", f"{ram.model_bytes:,} B", "counted"),
        ("peak stack of the inference", f"{ram.stack_bytes:,} B", "counted"),
        ("flash: weights", f"{flash.weights_bytes:,} B", "counted"),
        ("flash: code", f"{flash.code_bytes:,} B", "counted"),
    ]
    quantities = (("instructions", measurement.instructions), ("latency", measurement.latency))
    figures += [_row(name, quantity) for name, quantity in (*quantities, ("energy", measurement.energy)) if quantity]
    verification = measurement.verification
    return Facts(
        model=f"`{Path(request.name).name}`" if "`" not in request.name else "a model",
        figures=tuple(figures),
        verified=(
            f"Verified on {measurement.rig}: {verification.inputs} inputs and {verification.layers} layers against the"
            f" {verification.reference.kernels} kernels of {verification.reference.package}"
            f" {verification.reference.version} ({verification.rule})."
        ),
        classes=artifact.classes if artifact else (),
        preprocessing=artifact.preprocessing if artifact else (),
    )


def _row(name: str, quantity: Quantity) -> tuple[str, str, str]:
    unit = "" if quantity.unit == name else f" {quantity.unit}"
    return name, f"{quantity.value:,.10g}{unit}", f"{quantity.how.value}: {quantity.source}"
