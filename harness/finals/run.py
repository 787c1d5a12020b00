# SPDX-License-Identifier: Apache-2.0
"""The final check: each finalist's own model on test data, then its candidate again from other seeds.

Each model is stored as soon as it is done, so that a check that was interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from harness.errors import HarnessError, RigError, StoreError
from harness.finals.record import FinalFailure, FinalModel, Streamed
from harness.finals.request import STREAMED_SAMPLES, Finalist, FinalsEvent, FinalsRequest, Listener, Measure
from harness.finals.score import score_with_interval
from harness.records import Artifact, Candidate, Measurement, from_plain, to_plain
from harness.search import Limit, Objective, Producer, Value, find_or_produce
from harness.search.clock import Clock
from harness.search.figures import figure_of
from harness.search.outcome import Remedy, error_class, remedy_for
from harness.search.request import REAL_SAMPLES, Watch
from harness.store import Store
from harness.tasks import Floats
from harness.train import Trained, predict

_CHOICE_SEED = 0  # of which test samples are streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tools:
    store: Store
    produce: Producer
    measure: Measure
    clock: Clock = field(default_factory=Clock)


class _Failed(Exception):
    """A model came to nothing: what the record says of it."""

    def __init__(self, failure: FinalFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def run_finals(
    request: FinalsRequest,
    *,
    store: Store,
    produce: Producer,
    measure: Measure,
    listen: Listener = lambda _event: None,
) -> None:
    """Check what was not checked yet, and store it.

    All own models come first, then every finalist once from each seed. Raises RigError where a board fails twice, a
    wrong request and bugs; what was done before is kept.
    """
    tools = _Tools(store=store, produce=produce, measure=measure)
    known = {(found.trial, found.repeat): found for found in stored_models(store, request.study)}
    todo = list(_order(request))
    for done, (finalist, repeat) in enumerate(todo):
        event = FinalsEvent(done=done, models=len(todo), trial=finalist.trial, repeat=repeat)
        found = known.get((finalist.trial, repeat))
        new = found is None
        if found is None:
            found = _check(request, finalist, repeat, tools, _watcher(listen, event))
        store.put_final(request.study, finalist.trial, repeat, to_plain(replace(found, trials=request.trials)))
        listen(replace(event, done=done + 1, found=found, new=new))


def stored_models(store: Store, study: str) -> tuple[FinalModel, ...]:
    """Return the models of a study's final checks so far, by trial and repeat. Raises StoreError for what is none."""
    try:
        return tuple(from_plain(FinalModel, plain) for plain in store.finals(study))
    except ValueError as error:
        message = f"the final check of the study {study!r} cannot be read: {error}"
        raise StoreError(message, hint="Restore the store from a copy, or begin another study.") from error


def _watcher(listen: Listener, event: FinalsEvent) -> Watch:
    return lambda stage: listen(replace(event, stage=stage))


def _order(request: FinalsRequest) -> Iterator[tuple[Finalist, int]]:
    for repeat in range(request.seeds + 1):
        for finalist in request.finalists:
            yield finalist, repeat


def _check(request: FinalsRequest, finalist: Finalist, repeat: int, tools: _Tools, watch: Watch) -> FinalModel:
    """Make a model where it must be made, measure it on every board, and score it on the test data."""
    began = tools.clock.now()
    candidate = finalist.reseeded(repeat)
    found = FinalModel(
        trial=finalist.trial,
        repeat=repeat,
        seed=candidate.seed,
        candidate=candidate.key,
        metric=request.task.task.metric,
    )
    try:
        made = _made(candidate, tools, watch)
        found = _scored(replace(found, artifact=made.artifact.sha256), made, candidate, request, tools, watch)
    except _Failed as failed:
        found = replace(found, failure=failed.failure)
    return replace(found, seconds=tools.clock.now() - began)


def _scored(
    found: FinalModel,
    made: Trained,
    candidate: Candidate,
    request: FinalsRequest,
    tools: _Tools,
    watch: Watch,
) -> FinalModel:
    """Return what a model scores and costs; test samples are streamed through a trial's own model alone."""
    task, test, validation = request.task.task, request.task.data.test, request.task.data.validation
    streamed = _streamed_positions(len(test.inputs)) if found.repeat == 0 else []
    samples = test.inputs[streamed] if streamed else validation.inputs[:REAL_SAMPLES]
    measured = {board: _measure(made.model, candidate, board, samples, tools, watch) for board in request.boards}
    watch("scoring the test data")
    outputs = predict(made.model, test.inputs)
    return replace(
        found,
        values=_values(request, made.artifact, measured),
        validation=score_with_interval(
            task.metric, task.score, predict(made.model, validation.inputs), validation.targets
        ),
        test=score_with_interval(task.metric, task.score, outputs, test.targets),
        further=tuple(score_with_interval(name, score, outputs, test.targets) for name, score in task.metrics.items()),
        streamed=tuple(
            Streamed(
                board=board,
                samples=len(streamed),
                score=float(task.score(outputs[streamed], test.targets[streamed])),
                measurement=measurement.id,
            )
            for board, measurement in (measured if streamed else {}).items()
        ),
    )


def _streamed_positions(samples: int) -> list[int]:
    """Return which test samples go through the firmware: a hundred drawn at random, all where there are fewer."""
    drawn = np.random.default_rng(_CHOICE_SEED).permutation(samples)[:STREAMED_SAMPLES]
    return sorted(int(position) for position in drawn)


def _values(request: FinalsRequest, artifact: Artifact, measured: Mapping[str, Measurement]) -> tuple[Value, ...]:
    """Return the figures of the objectives and limits, each once."""
    wanted: list[Objective | Limit] = [*request.limits, *request.objectives]
    figures = {each.key: figure_of(each, artifact, measured) for each in wanted}
    return tuple(Value(objective=key, value=figure.value, how=figure.how) for key, figure in figures.items())


def _made(candidate: Candidate, tools: _Tools, watch: Watch) -> Trained:
    """Return a candidate's artifact with its model. Raises _Failed where it comes to nothing."""
    try:
        return find_or_produce(candidate, tools.store, tools.produce, watch)
    except HarnessError as error:
        kind = type(error).__name__
        if not _is_of_the_model(kind):
            raise
        raise _Failed(FinalFailure(kind=kind, stage=error.stage or "train", message=error.message)) from error


def _measure(
    model: bytes, candidate: Candidate, board: str, samples: Floats, tools: _Tools, watch: Watch
) -> Measurement:
    """Measure and verify a model on a board, once more after a rig's fault."""
    for attempt in (1, 2):
        outcome = tools.measure(
            model, candidate, board, samples=samples, watch=lambda stage: watch(f"{stage} on {board}")
        )
        tools.clock.leave_out(outcome)
        tools.store.put_outcome(outcome)
        if outcome.measurement is not None:
            return outcome.measurement
        assert outcome.failure is not None
        failure = outcome.failure
        if _is_of_the_model(failure.kind):
            found = FinalFailure(kind=failure.kind, stage=failure.stage, message=failure.message, board=board)
            raise _Failed(found)
        kind = error_class(failure.kind)
        if attempt == 2 or not issubclass(kind, RigError):
            raise kind(f"{board}: {failure.stage}: {failure.message}")
    raise AssertionError


def _is_of_the_model(kind: str) -> bool:
    """Say whether a failure is a finding about a model; else the rig, the request or the harness is at fault."""
    return remedy_for(kind) in (Remedy.INFEASIBLE, Remedy.FAILED)
