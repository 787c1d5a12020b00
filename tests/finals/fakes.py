# SPDX-License-Identifier: Apache-2.0
"""A task whose networks are one layer each: real models in the reference interpreter, made in no time.

A sample is one number, its class the sign. A model shifts it by its ``shift`` before it tells the sign, so that it is
wrong for what lies between 0 and that: the wider, the more of the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from harness.finals import (
    Finals,
    FinalsEvent,
    FinalsRequest,
    JudgedCandidate,
    finals_request,
    load_finals,
    run_finals,
)
from harness.records import Artifact, BenchOutcome, Candidate, Failure
from harness.search import Limit, SearchRequest, SearchResult, run
from harness.search.request import Watch
from harness.store import Store
from harness.tasks import Data, Floats, Split
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.train import Trained
from tests.search.fakes import TASK, make_measurement, make_request

SAMPLES = 400
STUDY_SEED = 1
HONEST = {1: 0.2, 2: 0.1, 3: 0.0}  # the wider, the better
Shift = Callable[[Candidate], float]


def _split(seed: int) -> Split:
    inputs = np.random.default_rng(seed).uniform(-1, 1, (SAMPLES, 1)).astype(np.float32)
    return Split(inputs=inputs, targets=(inputs[:, 0] > 0).astype(np.int32))


DATA = Data(train=_split(1), validation=_split(2), test=_split(3))
SIGNS = replace(TASK, data=DATA)


def shifted_model(shift: float) -> bytes:
    """A model [1, 1] -> [1, 2] whose second output is the larger where the input is above ``shift``."""
    return build_model(
        tensors=[
            TensorSpec(shape=(1, 1), dtype="float32", name="x"),
            TensorSpec(shape=(2, 1), dtype="float32", data=np.array([[-1], [1]], np.float32)),
            TensorSpec(shape=(2,), dtype="float32", data=np.array([shift, -shift], np.float32)),
            TensorSpec(shape=(1, 2), dtype="float32", name="y"),
        ],
        operators=[OperatorSpec(op="FULLY_CONNECTED", inputs=(0, 1, 2), outputs=(3,), options="FullyConnectedOptions")],
        inputs=(0,),
        outputs=(3,),
    )


def width_of(candidate: Candidate) -> int:
    """The candidate's one parameter, 1 to 3."""
    return int(dict(candidate.parameters)["width"])


@dataclass(slots=True)
class Maker:
    """Makes models whose ``shift`` is that of the candidate; counts its calls."""

    shift: Shift
    calls: list[Candidate] = field(default_factory=list)

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        watch("train")
        self.calls.append(candidate)
        model = shifted_model(self.shift(candidate)) + candidate.key.encode()  # bytes of its own behind the model
        right = (DATA.validation.inputs[:, 0] > self.shift(candidate)) == DATA.validation.targets
        artifact = Artifact(
            sha256=hashlib.sha256(model).hexdigest(),
            name="fake",
            size_bytes=len(model),
            candidate_key=candidate.key,
            metrics=(("validation_accuracy", float(np.mean(right))),),
        )
        return Trained(model=model, artifact=artifact, seconds=(("train", 2.0),))


@dataclass(slots=True)
class Meter:
    """Counts instructions and RAM that grow with the width; keeps which samples it was given."""

    fault: Callable[[Candidate], Failure | None] = lambda _candidate: None
    samples: list[tuple[int, Floats]] = field(default_factory=list)  # with the candidate's seed

    def __call__(
        self, model: bytes, candidate: Candidate, board: str, *, samples: Floats, watch: Watch
    ) -> BenchOutcome:
        del model
        watch("measuring")
        self.samples.append((candidate.seed, samples))
        failure = self.fault(candidate)
        if failure is not None:
            return BenchOutcome(model="fake", board=board, runtime="fake", failure=failure, exit_code=1)
        found = make_measurement(candidate.key, board)
        assert found.instructions is not None
        cost = 100.0 * width_of(candidate)
        found = replace(
            found, instructions=replace(found.instructions, value=cost), ram=replace(found.ram, total_bytes=int(cost))
        )
        return BenchOutcome(model="fake", board=board, runtime="fake", measurement=found)


def searched(
    store: Store,
    shift: Shift,
    *,
    trials: int = 12,
    limits: tuple[Limit, ...] = (),
    resume: bool = False,
    study: str = "s",
) -> SearchResult:
    """Search the widths 1 to 3 of one family with these models, and store the study."""
    few, meter = DATA.validation.inputs[:4], Meter()
    return run(
        replace(signs_request(trials=trials, limits=limits), resume=resume, study=study),
        store=store,
        produce=Maker(shift=shift),
        bench=lambda model, candidate, board, *, watch: meter(model, candidate, board, samples=few, watch=watch),
    )


def checked(
    store: Store,
    found: SearchResult,
    shift: Shift,
    *,
    final: int = 3,
    seeds: int = 3,
    noise: float = 0.0,
    limits: tuple[Limit, ...] = (),
    maker: Maker | None = None,
    meter: Meter | None = None,
    listen: Callable[[FinalsEvent], None] = lambda _event: None,
) -> Finals:
    """Carry a final check on to its end and judge it."""
    run_finals(
        wanted(found, final=final, seeds=seeds, noise=noise, limits=limits),
        store=store,
        produce=maker or Maker(shift=shift),
        measure=meter or Meter(),
        listen=listen,
    )
    finals = load_finals(store, "s")
    assert finals is not None
    return finals


def wanted(
    found: SearchResult, *, final: int = 3, seeds: int = 3, noise: float = 0.0, limits: tuple[Limit, ...] = ()
) -> FinalsRequest:
    """What is asked of a final check, with a share of the test samples labelled wrongly."""
    asked = finals_request(signs_request(limits=limits), found, final=final, seeds=seeds)
    targets = np.where(np.arange(SAMPLES) < noise * SAMPLES, 1 - DATA.test.targets, DATA.test.targets)
    data = replace(DATA, test=replace(DATA.test, targets=targets))
    return replace(asked, task=replace(asked.task, data=data))


def signs_request(*, trials: int = 1, limits: tuple[Limit, ...] = ()) -> SearchRequest:
    """Return a search of the widths 1 to 3 of one family."""
    families = {"narrow": SIGNS.task.families["narrow"]}
    request = make_request(trials=trials, techniques=(), limits=limits)
    return replace(request, task=replace(SIGNS, task=replace(SIGNS.task, families=families)))


def by_width(shifts: Mapping[int, float], again: Mapping[int, float] | None = None) -> Shift:
    """Return a shift by the width, and another one for trainings from other seeds than the study's."""

    def shift(candidate: Candidate) -> float:
        chosen = shifts if again is None or candidate.seed == STUDY_SEED else again
        return chosen[width_of(candidate)]

    return shift


def trial_of(finals: Finals, found: SearchResult, width: int) -> JudgedCandidate:
    """Return the finalist of a width."""
    numbers = {trial.number for trial in found.trials if width_of(trial.candidate) == width}
    return next(each for each in finals.candidates if each.trial in numbers)
