# SPDX-License-Identifier: Apache-2.0
"""The whole flow from a model to a measurement of it on a board."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from time import monotonic

from harness import registry
from harness.bench import Observed, Rig, observe, open_emulated, open_real, prepare_golden
from harness.emulation import Counts
from harness.errors import DoesNotFit, HarnessError
from harness.estimate import price
from harness.firmware import BuiltImage, Project, build, open_project
from harness.pipeline.environment import describe_environment
from harness.pipeline.inputs import check_own_inputs, hash_inputs
from harness.pipeline.request import BenchRequest, Tensors, Watch
from harness.pipeline.target import Target, find_target
from harness.records import (
    Artifact,
    BenchOutcome,
    Deployment,
    Failure,
    Firmware,
    How,
    LayerProfile,
    Measurement,
    Quantity,
    RamUse,
    content_key,
)
from harness.runtimes import RenderedModel, Runtime
from harness.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Benched:
    """An outcome, and the output tensors where the device was asked (a cached answer has none)."""

    outcome: BenchOutcome
    outputs: Tensors | None = None


@dataclass(slots=True)
class _Stages:
    """The stage under way, for the watcher and for the failure's record, and the seconds of those before."""

    watch: Watch
    current: str = ""
    seconds: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.current = name
        self.watch(name)
        began = monotonic()
        yield
        self.seconds.append((name, monotonic() - began))


def bench_model(request: BenchRequest, store: Store, watch: Watch = lambda _stage: None) -> Benched:
    """Measure one model on one board and store what came of it.

    A HarnessError becomes the outcome's ``failure``, with the exit code of its class; a bug is raised.
    """
    stages = _Stages(watch)
    artifact = None
    try:
        with stages("reading the model"):
            artifact, model = _artifact(request)
        done = _measure(request, artifact, model, store, stages)
    except HarnessError as error:
        done = Benched(outcome=_failed(request, artifact, store, stages, error))
    store.put_outcome(done.outcome)
    return done


def _artifact(request: BenchRequest) -> tuple[Artifact, bytes]:
    model = request.read_model()
    artifact = Artifact(
        sha256=hashlib.sha256(model).hexdigest(),
        name=request.name,
        size_bytes=len(model),
        candidate_key=request.candidate_key,
        metrics=request.metrics,
    )
    return artifact, model


def _measure(request: BenchRequest, artifact: Artifact, model: bytes, store: Store, stages: _Stages) -> Benched:
    with stages("finding the board"):
        target = find_target(request.board, estimate=request.estimate)
    with stages("rendering"):
        runtime: Runtime = registry.load("harness.runtimes", request.runtime).RUNTIME
        rendered = runtime.render(model, target.machine, name=request.name, optimize=request.optimize)
        own = check_own_inputs(rendered, request.inputs)
        deployment = _deployment(request, artifact, runtime, target, rendered)
    with open_project(rendered, target.machine, optimize=request.optimize, keep=request.keep_project) as project:
        fed = hash_inputs(own, request.real_samples)
        known = _answer_from_store(request, store, target, project, fed)
        if known is not None:
            return _done(artifact, deployment, known, stages, request=request, cached=True)
        with ThreadPoolExecutor(max_workers=1) as background:
            pending = background.submit(prepare_golden, model, rendered, own=own, samples=request.real_samples)
            with stages("building"):
                image = build(project, target.machine)
                firmware = _firmware(image, project, deployment)
            with stages("computing golden outputs"):
                golden = pending.result()
        with stages("measuring"), _open_rig(target, project, image, rendered) as rig:
            observed = observe(rig, rendered, golden, build_key=project.build_key, samples=request.samples)
    found = _measurement(target, deployment, firmware, rendered, observed, fed)
    return _done(artifact, deployment, (firmware, found), stages, request=request, outputs=observed.outputs)


def _deployment(
    request: BenchRequest, artifact: Artifact, runtime: Runtime, target: Target, rendered: RenderedModel
) -> Deployment:
    return Deployment(
        artifact=artifact.key,
        runtime=runtime.NAME,
        runtime_version=runtime.VERSION,
        board=target.board.id,
        board_key=target.board.key,
        optimize=request.optimize,
        plan=tuple((layer.name, layer.variant) for layer in rendered.layers),
    )


def _answer_from_store(
    request: BenchRequest, store: Store, target: Target, project: Project, fed: str
) -> tuple[Firmware, Measurement] | None:
    """Return what was counted before for the same image, rig and inputs; a real board's samples are taken anew."""
    if not request.use_cache or target.driver is None:
        return None
    measurement = store.measurement_for(project.build_key, target.rig, fed)
    firmware = store.get(Firmware, project.build_key)
    if measurement is None or firmware is None:
        return None
    return firmware, measurement


def _open_rig(
    target: Target, project: Project, image: BuiltImage, rendered: RenderedModel
) -> AbstractContextManager[Rig]:
    if target.driver is None:
        assert target.port is not None
        return open_real(target.machine, project, target.port)
    return open_emulated(target.machine, target.driver, image.elf, rendered)


def _firmware(image: BuiltImage, project: Project, deployment: Deployment) -> Firmware:
    figures = image.figures
    return Firmware(
        build_key=project.build_key,
        deployment_key=deployment.key,
        elf_sha256=hashlib.sha256(image.elf.read_bytes()).hexdigest(),
        sections=figures.sections,
        flash=figures.flash,
        static_ram_bytes=figures.static_ram_bytes,
        model_ram_bytes=figures.model_ram_bytes,
        heap_bytes=figures.heap_bytes,
        toolchain=image.toolchain,
        flags=image.flags,
    )


def _measurement(
    target: Target,
    deployment: Deployment,
    firmware: Firmware,
    rendered: RenderedModel,
    observed: Observed,
    fed: str,
) -> Measurement:
    counts = observed.counts
    instructions = None
    latency, energy = _timed(observed), None
    if counts is not None:
        instructions = Quantity(
            value=counts.instructions, unit="instructions", how=How.COUNTED, source=f"{target.rig}, one inference"
        )
        if target.board.estimate is not None:
            latency, energy = price(target.board, counts.instructions)
    stack = observed.peak_stack_bytes
    return Measurement(
        id=uuid.uuid4().hex,
        build_key=firmware.build_key,
        deployment_key=deployment.key,
        rig=target.rig,
        environment=describe_environment(target, firmware),
        instructions=instructions,
        latency=latency,
        energy=energy,
        ram=RamUse(
            model_bytes=firmware.model_ram_bytes, stack_bytes=stack, total_bytes=firmware.static_ram_bytes + stack
        ),
        flash=firmware.flash,
        verification=observed.verification,
        layers=_profile(rendered, counts),
        output_sha256=observed.output_sha256,
        input_sha256=fed,
        samples_us=observed.samples_us,
        time=_now(),
    )


def _timed(observed: Observed) -> Quantity | None:
    """Return the median of a real board's samples with their extremes; an emulator's ticks are not time."""
    if not observed.samples_us:
        return None
    samples = observed.samples_us
    return Quantity(
        value=median(samples),
        unit="us",
        how=How.MEASURED,
        source=f"median of {len(samples)} on the device's timer",
        low=min(samples),
        high=max(samples),
    )


def _profile(rendered: RenderedModel, counts: Counts | None) -> tuple[LayerProfile, ...]:
    return tuple(
        LayerProfile(
            name=layer.name,
            op=layer.op,
            macs=layer.macs,
            instructions=None if counts is None else counts.layer_instructions[number],
            reads=() if counts is None else counts.layer_reads[number],
            variant=layer.variant,
        )
        for number, layer in enumerate(rendered.layers)
    )


def _done(
    artifact: Artifact,
    deployment: Deployment,
    found: tuple[Firmware, Measurement],
    stages: _Stages,
    *,
    request: BenchRequest,
    outputs: Tensors | None = None,
    cached: bool = False,
) -> Benched:
    outcome = BenchOutcome(
        model=request.name,
        board=request.board,
        runtime=request.runtime,
        artifact=artifact,
        deployment=deployment,
        firmware=found[0],
        measurement=found[1],
        cached=cached,
        seconds=tuple(stages.seconds),
    )
    return Benched(outcome=outcome, outputs=outputs)


def _failed(
    request: BenchRequest, artifact: Artifact | None, store: Store, stages: _Stages, error: HarnessError
) -> BenchOutcome:
    message = f"{error.message}\n{error.hint}" if error.hint else error.message
    failure = Failure(
        id=uuid.uuid4().hex,
        belongs_to=content_key(request.name) if artifact is None else artifact.key,
        stage=stages.current,
        kind=type(error).__name__,
        message=message,
        log_sha256=store.put_blob(error.log.encode()) if error.log else None,
        violation=float(error.missing_bytes) if isinstance(error, DoesNotFit) else 0.0,
        board=request.board,
        time=_now(),
    )
    return BenchOutcome(
        model=request.name,
        board=request.board,
        runtime=request.runtime,
        artifact=artifact,
        failure=failure,
        exit_code=error.exit_code,
        seconds=tuple(stages.seconds),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
