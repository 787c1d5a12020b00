# SPDX-License-Identifier: Apache-2.0
"""A made-up study: plausible figures by formula, nothing in it was ever trained or measured."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from harness.records import (
    Artifact,
    BufferPlace,
    Candidate,
    CompressionStep,
    Cycles,
    Deployment,
    Failure,
    Firmware,
    FlashUse,
    How,
    LayerProfile,
    Measurement,
    Parameters,
    Quantity,
    RamUse,
    Reference,
    Section,
    Verification,
)
from harness.store import Store
from tests.report.judged import end_trial
from tests.store.examples import RUNNER, digest

Asked: TypeAlias = Mapping[str, str | None]

STUDY = "synthetic digits"
BOARDS = ("mps2_an386", "nucleo_l4r5zi")
RULE = "integers equal; floats |got-wanted| <= 1e-5 + 1e-4*|wanted|"
REFERENCE = Reference(package="ai-edge-litert", version="2.1.0", kernels="reference")
_TIME = "2025-01-02T03:{:02d}:{:02d}.000+00:00"


def fill(
    store: Store, *, trials: int = 26, boards: Sequence[str] = BOARDS, objectives: Sequence[Asked] | None = None
) -> None:
    """Put a study: most trials complete on every board, some fail, one is not verified, one is left running."""
    chance = random.Random(5)
    config: dict[str, Any] = {
        "task": "digits",
        "boards": list(boards),
        "objectives": list(objectives or _objectives(boards)),
        "limits": [{"name": "ram", "sense": "<=", "bound": 8000.0, "board": boards[0]}],
        "seed": 5,
        "driver": "made up",
    }
    store.create_study(STUDY, config)
    for number in range(trials):
        candidate = _candidate(number, chance)
        store.claim_trial(STUDY, number, candidate, RUNNER)
        if number < trials - 1:
            _finish(store, STUDY, number, candidate, config, chance)


def _objectives(boards: Sequence[str]) -> list[Asked]:
    costs = [(cost, board) for board in boards for cost in ("instructions", "ram")]
    return [
        {"name": "accuracy", "direction": "maximize", "board": None},
        *({"name": cost, "direction": "minimize", "board": board} for cost, board in costs),
    ]


def _candidate(number: int, chance: random.Random) -> Candidate:
    family = ("dense", "conv", "ds_conv")[number % 3]
    width, depth = chance.choice((4, 8, 16, 32, 64)), chance.randint(1, 3)
    parameters: Parameters = (("depth", depth), ("width", width), ("learning_rate", chance.uniform(1e-3, 1e-2)))
    steps: list[CompressionStep] = []
    if number % 4 == 1:
        steps.append(CompressionStep(name="filter_pruning", parameters=(("share", 0.375),)))
    if number % 7 == 3:
        steps.append(CompressionStep(name="magnitude_pruning", parameters=(("sparsity", 0.61234567),)))
    if number % 3 or number % 2:
        steps.append(CompressionStep(name="int8"))
    return Candidate(
        task_key=digest("task digits"), family=family, parameters=parameters, compression=tuple(steps), seed=number
    )


def _finish(
    store: Store, name: str, number: int, candidate: Candidate, config: Mapping[str, Any], chance: random.Random
) -> None:
    if number % 9 == 8:
        failure = _failure(number, candidate.key, "train", "BadTask", "the network has no layer that can be pruned")
        end_trial(store, name, number, candidate, None, [failure], config)
        return
    artifact = _artifact(candidate, chance)
    store.put(artifact)
    records: list[Measurement | Failure] = []
    for board in config["boards"]:
        if number % 11 == 10:
            message = "the model needs 70,112 bytes of ram more than there are\nChoose a narrower network."
            records.append(_failure(number, artifact.key, "render", "DoesNotFit", message, board))
        else:
            records.append(_measure(store, artifact, candidate, board, number))
    end_trial(store, name, number, candidate, artifact, records, config)


def _artifact(candidate: Candidate, chance: random.Random) -> Artifact:
    size = _width(candidate) * _depth(candidate)
    merit = {"dense": 0.90, "conv": 0.94, "ds_conv": 0.925}[candidate.family]
    accuracy = round(min(0.992, merit + 0.035 * (1 - 6 / (6 + size)) + chance.uniform(-0.02, 0.01)), 6)
    return Artifact(
        sha256=digest(f"model of {candidate.key}"),
        name=f"digits-{candidate.family}-{candidate.key[:8]}",
        size_bytes=1200 + size * 41,
        candidate_key=candidate.key,
        metrics=(
            ("validation_accuracy", accuracy),
            ("test_accuracy", round(accuracy - 0.006, 6)),  # as older versions kept it; shown nowhere
            ("parameters", float(size * 37 + 110)),
            ("epochs", 12.0),
        ),
    )


def _width(candidate: Candidate) -> int:
    return int(dict(candidate.parameters)["width"])


def _depth(candidate: Candidate) -> int:
    return int(dict(candidate.parameters)["depth"])


def _failure(number: int, belongs_to: str, stage: str, kind: str, message: str, board: str = "") -> Failure:
    return Failure(
        id=digest(f"failure {number} {board}")[:32],
        belongs_to=belongs_to,
        stage=stage,
        kind=kind,
        message=message,
        violation=70112.0 if kind == "DoesNotFit" else 0.0,
        board=board,
        time=_TIME.format(number % 60, 1),
    )


def _measure(store: Store, artifact: Artifact, candidate: Candidate, board: str, number: int) -> Measurement:
    deployment = Deployment(
        artifact=artifact.sha256,
        runtime="codegen",
        runtime_version="0.1.0",
        board=board,
        board_key=digest(board),
        optimize="O2",
    )
    layers = _layers(candidate)
    instructions = sum(layer.instructions or 0 for layer in layers) + 412
    flash = FlashUse(
        weights_bytes=artifact.size_bytes, code_bytes=2104 + 300 * len(layers), total_bytes=artifact.size_bytes + 11_420
    )
    model_ram = 256 + 96 * _width(candidate)
    firmware = Firmware(
        build_key=digest(f"build {deployment.key}"),
        deployment_key=deployment.key,
        elf_sha256=digest(f"elf {deployment.key}"),
        sections=(
            Section(name=".text", region="flash", address=0, size_bytes=flash.total_bytes - 96),
            Section(name=".data", region="ram", address=0x2000_0000, size_bytes=96),
            Section(name=".bss", region="ram", address=0x2000_0060, size_bytes=model_ram + 1712),
        ),
        flash=flash,
        static_ram_bytes=model_ram + 1808,
        model_ram_bytes=model_ram,
        heap_bytes=0,
        toolchain="arm-none-eabi-gcc 12.2.1",
        flags="-std=c99 -O2 -mcpu=cortex-m4 -ffp-contract=off",
    )
    store.put(deployment, firmware)
    priced = board == "nucleo_l4r5zi"
    latency = instructions * 1.6 / 120
    return Measurement(
        id=digest(f"measurement {number} {board}")[:32],
        build_key=firmware.build_key,
        deployment_key=deployment.key,
        rig="qemu 7.2 mps2-an386",
        environment=(
            ("clock_hz", "120000000" if priced else "25000000"),
            ("flags", firmware.flags),
            ("harness", "0.1.0"),
            ("platformio", "6.2.0"),
            ("toolchain", firmware.toolchain),
        ),
        instructions=Quantity(value=instructions, unit="instructions", how=How.COUNTED, source="qemu, one inference"),
        latency=_modelled(latency, "us", 0.10) if priced else None,
        energy=_modelled(latency * 44.4 / 1000, "uJ", 0.172) if priced else None,
        ram=RamUse(model_bytes=model_ram, stack_bytes=312, total_bytes=firmware.static_ram_bytes + 312),
        flash=flash,
        verification=Verification(
            verified=number != 4, rule=RULE, reference=REFERENCE, inputs=9, layers=0 if number == 4 else len(layers)
        ),
        layers=layers,
        buffers=_buffers([layer.name for layer in layers], model_ram),
        output_sha256=digest(f"output {artifact.sha256}"),
        input_sha256=digest("input"),
        time=_TIME.format(number % 60, 2),
        cycles=Cycles(zero_wait=instructions * 5 // 4, flash_wait=instructions * 3 // 2, source="a made-up table"),
    )


def _modelled(value: float, unit: str, error: float) -> Quantity:
    source = "instructions of mps2_an386 x 1.6 cycles an instruction at 120 MHz"
    return Quantity(
        value=value, unit=unit, how=How.MODELLED, source=source, low=value * (1 - error), high=value * (1 + error)
    )


def _layers(candidate: Candidate) -> tuple[LayerProfile, ...]:
    width, depth = _width(candidate), _depth(candidate)
    op, each = {"dense": ("FULLY_CONNECTED", 64), "conv": ("CONV_2D", 576), "ds_conv": ("DEPTHWISE_CONV_2D", 190)}[
        candidate.family
    ]
    cost = 7 if any(step.name == "int8" for step in candidate.compression) else 11
    layers = [_layer(f"{op.lower()}_{i}", op, each * width * (i + 1), cost) for i in range(depth)]
    return (*layers, _layer("logits", "FULLY_CONNECTED", width * 40, cost), _layer("softmax", "SOFTMAX", 0, cost))


def _layer(name: str, op: str, macs: int, cost: int) -> LayerProfile:
    reads = (("flash", macs + 40), ("ram", macs * 2 + 64))
    return LayerProfile(name=name, op=op, macs=macs, instructions=macs * cost + 731, reads=reads, variant="generic")


def firmware_sections(name: str) -> tuple[Section, ...]:
    """Return sections of an image that are called ``name``."""
    return (Section(name=name, region=name, address=0, size_bytes=3),)


def hostile_layer(name: str) -> LayerProfile:
    """Return a layer that is called ``name`` in every respect."""
    return LayerProfile(name=name, op=name, macs=10, instructions=20, reads=((name, 3),), variant=name)


def _buffers(layers: Sequence[str], total: int) -> tuple[BufferPlace, ...]:
    """A plan in which outputs take turns at the two ends, each living until the next layer has read it."""
    names = ["input 0", *layers]
    half = total // 2
    return tuple(
        BufferPlace(
            name=name,
            kind="layer" if number else "input",
            region="ram",
            offset=half * (number % 2),
            size_bytes=half,
            first_layer=max(number - 1, 0),
            last_layer=min(number, len(layers) - 1),
        )
        for number, name in enumerate(names)
    )
