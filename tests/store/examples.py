# SPDX-License-Identifier: Apache-2.0
"""Small valid records, told apart by a number; nothing in them was measured."""

from __future__ import annotations

import hashlib

from harness.records import (
    Artifact,
    Candidate,
    Deployment,
    Failure,
    Firmware,
    FlashUse,
    How,
    Measurement,
    Quantity,
    RamUse,
    Reference,
    Verification,
)

RUNNER = "r" * 32  # the key of a process that works on trials


def digest(text: str) -> str:
    """Return a hash that stands for something called so."""
    return hashlib.sha256(text.encode()).hexdigest()


def candidate(number: int = 0) -> Candidate:
    """Return a candidate."""
    return Candidate(
        task_key=digest("task"), family="dense", parameters=(("width", number),), compression=(), seed=number
    )


def artifact(number: int = 0, candidate_key: str | None = None) -> Artifact:
    """Return an artifact, by default of no candidate."""
    return Artifact(sha256=digest(f"model {number}"), name="m", size_bytes=number, candidate_key=candidate_key)


def deployment(number: int = 0, board: str = "mps2_an386") -> Deployment:
    """Return a deployment of ``artifact(number)``."""
    return Deployment(
        artifact=digest(f"model {number}"),
        runtime="codegen",
        runtime_version="1",
        board=board,
        board_key=digest(board),
        optimize="O2",
    )


def firmware(number: int = 0) -> Firmware:
    """Return a firmware of ``deployment(number)``."""
    return Firmware(
        build_key=digest(f"build {number}"),
        deployment_key=deployment(number).key,
        elf_sha256=digest(f"elf {number}"),
        sections=(),
        flash=FlashUse(weights_bytes=1, code_bytes=2, total_bytes=number + 3),
        static_ram_bytes=1,
        model_ram_bytes=1,
        heap_bytes=0,
        toolchain="gcc",
        flags="-O2",
    )


def measurement(number: int = 0, *, identity: str | None = None, time: str = "", input_name: str = "") -> Measurement:
    """Return a measurement of ``firmware(number)``."""
    return Measurement(
        id=identity or digest(f"measurement {number} {time}"),
        build_key=digest(f"build {number}"),
        deployment_key=deployment(number).key,
        rig="qemu 7.2",
        environment=(),
        instructions=Quantity(value=number, unit="instructions", how=How.COUNTED, source="qemu"),
        latency=None,
        energy=None,
        ram=RamUse(model_bytes=1, stack_bytes=2, total_bytes=3),
        flash=FlashUse(weights_bytes=1, code_bytes=2, total_bytes=3),
        verification=Verification(
            verified=True,
            rule="bytes",
            reference=Reference(package="ai-edge-litert", version="2", kernels="reference"),
            inputs=8,
            layers=3,
        ),
        layers=(),
        output_sha256=digest("output"),
        input_sha256=digest(f"input {input_name}"),
        time=time,
    )


def failure(number: int = 0, *, belongs_to: str = "") -> Failure:
    """Return a failure of ``deployment(number)``."""
    return Failure(
        id=digest(f"failure {number}"),
        belongs_to=belongs_to or deployment(number).key,
        stage="build",
        kind="BuildError",
        message="it did not compile",
    )
