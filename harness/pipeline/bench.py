# SPDX-License-Identifier: Apache-2.0
"""The whole flow from a model to a measurement of it on a board."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from harness import registry
from harness.emulation import StartsAhead
from harness.errors import DoesNotFit, HarnessError, UserError
from harness.firmware import BuiltImage, Project, begin_build, open_project
from harness.pipeline.findings import deployment_record, firmware_record, measurement_record, now
from harness.pipeline.inputs import check_own_inputs, hash_inputs
from harness.pipeline.request import BenchRequest, OpenStore, Tensors, Watch
from harness.pipeline.target import Target, find_target
from harness.records import WAIT, Artifact, BenchOutcome, Deployment, Failure, Firmware, Measurement, content_key
from harness.runtimes import RenderedModel, Runtime
from harness.transports import WAITING

if TYPE_CHECKING:
    from harness.measure import Rig
    from harness.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Benched:
    """An outcome, the error that it failed with, and the output tensors where the device was asked, not the store."""

    outcome: BenchOutcome
    outputs: Tensors | None = None
    error: HarnessError | None = None


@dataclass(slots=True)
class _Stages:
    """The stage under way, for the watcher and for the failure's record, and the seconds of those before.

    What was waited for a port is in none of them, but in ``waited``.
    """

    watch: Watch
    current: str = ""
    waited: float = 0.0
    _seconds: list[tuple[str, float]] = field(default_factory=list)
    _waiting_since: float | None = None

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.current = name
        self.watch(name)
        began = monotonic() - self.waited
        yield
        self._seconds.append((name, monotonic() - self.waited - began))

    def within(self, what: str) -> None:
        """Tell the watcher what goes on within the stage, and note how long a port is waited for."""
        now = monotonic()
        if self._waiting_since is not None:
            self.waited += now - self._waiting_since
        self._waiting_since = now if what.startswith(WAITING) else None
        self.watch(what)

    @property
    def seconds(self) -> tuple[tuple[str, float], ...]:
        return (*self._seconds, *([(WAIT, self.waited)] if self.waited else []))


def bench_model(request: BenchRequest, open_store: OpenStore, watch: Watch = lambda _stage: None) -> Benched:
    """Measure one model on one board and store what came of it.

    ``open_store`` returns the store, the same each time; it is first called while the firmware is being built.

    A HarnessError becomes the outcome's ``failure``, with the exit code of its class; a bug is raised.
    """
    stages = _Stages(watch)
    artifact = None
    try:
        with stages("reading the model"):
            artifact, model = _artifact(request)
        done = _measure(request, artifact, model, open_store, stages)
    except HarnessError as error:
        done = Benched(outcome=_failed(request, artifact, open_store(), stages, error), error=error)
    open_store().put_outcome(done.outcome)
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


def _measure(
    request: BenchRequest, artifact: Artifact, model: bytes, open_store: OpenStore, stages: _Stages
) -> Benched:
    with stages("finding the board"):
        target = find_target(request.board, estimate=request.estimate, port=request.port)
    with stages("rendering"):
        _check_plan(request, artifact)
        runtime: Runtime = registry.load("harness.runtimes", request.runtime).RUNTIME
        rendered = runtime.render(
            model,
            target.machine,
            name=request.name,
            optimize=request.optimize,
            plan=request.plan,
            preferred=request.preferred,
            library=request.library,
        )
    if rendered.probe is not None:
        with stages("probing"):
            rendered = _settle(request, rendered, target, stages.within)
    own = check_own_inputs(rendered, request.inputs)
    deployment = deployment_record(request, artifact, runtime, target, rendered)
    if rendered.interpreted:
        return _interpret(request, artifact, model, rendered, target, deployment, own, stages)
    with open_project(rendered, target.machine, optimize=request.optimize, keep=request.keep_project) as project:
        fed = hash_inputs(own, request.real_samples)
        with stages("building"), begin_build(project, target.machine) as building:
            # While PlatformIO works: importing and opening the store and the interpreter takes as long as its start.
            known = _answer_from_store(request, open_store(), target, project, fed)
            if known is not None:
                return _done(artifact, deployment, known, stages, request=request, cached=True)
            if isinstance(target.driver, StartsAhead):
                target.driver.start_ahead(target.machine)
            from harness.measure import observe, prepare_golden

            golden = prepare_golden(model, rendered, own=own, samples=request.real_samples)
            if request.task:
                from harness.pipeline.effect import with_effect

                golden = with_effect(golden, model, request.task)
            image = building.image()
            firmware = firmware_record(image, project, deployment)
        with stages("measuring"), _open_rig(target, project, image, rendered, stages.within) as rig:
            observed = observe(rig, rendered, golden, build_key=project.build_key, samples=request.samples)
    found = measurement_record(target, deployment, firmware, rendered, observed, fed)
    return _done(artifact, deployment, (firmware, found), stages, request=request, outputs=observed.outputs)


def _settle(request: BenchRequest, rendered: RenderedModel, target: Target, watch: Watch) -> RenderedModel:
    from harness.pipeline.probe import settle

    return settle(rendered, target, partial(_open_rig, watch=watch), optimize=request.optimize)


def _interpret(
    request: BenchRequest,
    artifact: Artifact,
    model: bytes,
    rendered: RenderedModel,
    target: Target,
    deployment: Deployment,
    own: Tensors | None,
    stages: _Stages,
) -> Benched:
    from harness.pipeline.interpreted import interpret

    with stages("measuring"):
        firmware, found, outputs = interpret(request, model, rendered, target, deployment, own)
    return _done(artifact, deployment, (firmware, found), stages, request=request, outputs=outputs)


def _check_plan(request: BenchRequest, artifact: Artifact) -> None:
    if request.plan_model and request.plan_model != artifact.sha256:
        raise UserError(
            f"the kernel plan is for another model ({request.plan_model[:12]}) than {request.name}"
            f" ({artifact.sha256[:12]})",
            hint="Make one for this model with 'harness tune'.",
        )


def _answer_from_store(
    request: BenchRequest, store: Store, target: Target, project: Project, fed: str
) -> tuple[Firmware, Measurement] | None:
    """Return what was counted before for the same image, rig and inputs; a real board's samples are taken anew."""
    rig = target.rig  # its emulator tells its version here, while PlatformIO works, and once
    if not request.use_cache or target.driver is None:
        return None
    measurement = store.measurement_for(project.build_key, rig, fed)
    firmware = store.get(Firmware, project.build_key)
    if measurement is None or firmware is None or not _has_effect(measurement, request.task):
        return None
    return firmware, measurement


def _has_effect(measurement: Measurement, task: str) -> bool:
    """Tell whether a measurement of other kernels than the reference's says what their distance does to a task."""
    distance = measurement.verification.distance
    return not task or distance is None or (distance.effect is not None and distance.effect.task == task)


def _open_rig(
    target: Target, project: Project, image: BuiltImage, rendered: RenderedModel, watch: Watch
) -> AbstractContextManager[Rig]:
    from harness.measure import open_emulated, open_real

    if target.driver is None:
        assert target.port is not None
        return open_real(target.machine, project, target.port, watch=watch)
    return open_emulated(target.machine, target.driver, image.elf, rendered)


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
        seconds=stages.seconds,
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
        time=now(),
    )
    return BenchOutcome(
        model=request.name,
        board=request.board,
        runtime=request.runtime,
        artifact=artifact,
        failure=failure,
        exit_code=error.exit_code,
        seconds=stages.seconds,
    )
