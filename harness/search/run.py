# SPDX-License-Identifier: Apache-2.0
"""The search: ask, train, bench, store, tell, until enough trials are done or the time is up.

The store is the one source of truth: the driver is told from it, also what this process has just found, so that a run
that was killed and resumed at any moment goes on as if it had never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from harness import registry
from harness.errors import RigError, StoreError
from harness.records import Candidate, Parameters, from_plain, to_plain
from harness.search import gates
from harness.search.drivers import FAMILY, Driver, DriverModule
from harness.search.front import objectives_on, quarantined_boards, require_one_how, standing_of, values_of
from harness.search.objectives import Objective
from harness.search.outcome import Status, TrialOutcome
from harness.search.proposal import Proposal, make_candidate, parameters_of, propose
from harness.search.request import (
    Bench,
    Ended,
    Event,
    FinishedTrial,
    Listener,
    Moment,
    Producer,
    SearchRequest,
    SearchResult,
    Untrained,
)
from harness.search.trial import Tools, TrialEnd, run_trial
from harness.store import Store, Trial, TrialState
from harness.tasks import FixedSpace, Space

_ENDED = (TrialState.COMPLETE, TrialState.FAILED)
_HINT = "Restore the store from a copy, or begin another study with --study NAME."


def run(
    request: SearchRequest,
    *,
    store: Store,
    produce: Producer,
    bench: Bench,
    untrained: Untrained | None = None,
    listen: Listener = lambda _event: None,
) -> SearchResult:
    """Begin or resume a study and carry it on to its end.

    An interruption from the keyboard ends the run cleanly: the trial under way stays running in the store, and is taken
    up again on resume. Raises UserError where the study exists and is not resumed, or is resumed with another
    configuration; RigError where no board is left; what else stops a search is raised as it is.
    """
    request.check()
    request = _as_begun(request, store)
    search = _Search(request, Tools(store=store, produce=produce, bench=bench, untrained=untrained), listen)
    search.open()
    deadline = None if request.timeout_seconds is None else time.monotonic() + request.timeout_seconds
    ended: Ended = "trials"
    try:
        while request.trials is None or search.done < request.trials:
            if deadline is not None and time.monotonic() >= deadline:
                ended = "timeout"
                break
            search.step()
    except KeyboardInterrupt:
        ended = "interrupted"
    return search.result(ended)


class _Search:
    """A study under way: its finished trials as the store has them, and a driver that was told of each."""

    def __init__(self, request: SearchRequest, tools: Tools, listen: Listener) -> None:
        self._request = request
        self._tools = tools
        self._listen = listen
        self._finished: list[FinishedTrial] = []
        self._left: list[Trial] = []  # running when a run before this one ended
        self._driver: Driver | None = None

    def open(self) -> None:
        """Create the study, or take it up with all that the store knows of it."""
        request, store = self._request, self._tools.store
        self._new_driver(request.objectives)  # a wrong name or a missing package must not leave a study behind
        if request.resume:
            store.resume_study(request.study, request.config())
        else:
            store.create_study(request.study, request.config())
        self._finished = list(load_finished(store, request.study))
        self._left = [trial for trial in store.trials(request.study) if trial.state not in _ENDED]

    @property
    def done(self) -> int:
        """Number of trials that are finished."""
        return len(self._finished)

    def step(self) -> None:
        """Run one trial: the one that was left running, else the next that the driver proposes."""
        store, study = self._tools.store, self._request.study
        number, candidate, parameters = self._next()
        store.begin_trial(study, number, candidate)
        self._say(number, candidate, Moment.BEGIN)
        end = self._repeated(candidate) or self._run(number, candidate, parameters)
        trial = FinishedTrial(number=number, candidate=candidate, outcome=end.outcome)
        require_one_how(each.outcome for each in (*self._finished, trial))
        state = TrialState.COMPLETE if end.outcome.status is Status.COMPLETE else TrialState.FAILED
        store.finish_trial(study, number, state, to_plain(end.outcome), results=end.results)
        self._take(trial)
        self._say(number, candidate, Moment.END, outcome=end.outcome)

    def result(self, ended: Ended) -> SearchResult:
        """Return the study as it stands."""
        finished = load_finished(self._tools.store, self._request.study)
        standing = standing_of(finished, self._request.objectives)
        return SearchResult(
            study=self._request.study,
            ended=ended,
            trials=finished,
            front=standing.front,
            nearest=standing.nearest,
            quarantined=standing.quarantined,
        )

    def _next(self) -> tuple[int, Candidate, Parameters]:
        request = self._request
        if self._left:
            trial = self._left.pop(0)
            candidate = _candidate(self._tools.store, trial)
            return trial.number, candidate, parameters_of(candidate, request.techniques)
        number = 1 + max((trial.number for trial in self._finished), default=-1)
        parameters = self._told_driver().ask(number)
        proposal = self._define(FixedSpace(dict(parameters)))
        return number, make_candidate(proposal, request.task_key, request.seed), parameters

    def _repeated(self, candidate: Candidate) -> TrialEnd | None:
        """Return the end of an earlier trial of the same candidate: nothing is counted twice."""
        for trial in self._finished:
            if trial.candidate == candidate:
                return TrialEnd(outcome=gates.of_candidate(trial), results=())
        return None

    def _run(self, number: int, candidate: Candidate, parameters: Parameters) -> TrialEnd:
        request = self._request
        quarantined = quarantined_boards(self._finished)
        results: list[str] = []
        try:
            return run_trial(
                candidate,
                parameters,
                [board for board in request.boards if board not in quarantined],
                request.objectives,
                request.limits,
                self._tools,
                lambda moment, **facts: self._say(number, candidate, moment, **facts),
                results,
                gate_names=request.gates,
                earlier=self._finished,
            )
        except RigError:
            self._tools.store.link_results(request.study, number, results)
            raise

    def _take(self, trial: FinishedTrial) -> None:
        before = quarantined_boards(self._finished)
        self._finished.append(trial)
        if quarantined_boards(self._finished) != before:
            self._driver = None  # fewer objectives: begin anew with what is known of those that are left
        elif self._driver is not None:
            _tell(self._driver, trial, objectives_on(self._request.objectives, before))

    def _told_driver(self) -> Driver:
        """Return the driver, made anew and told all finished trials where there is none."""
        if self._driver is None:
            objectives = objectives_on(self._request.objectives, quarantined_boards(self._finished))
            self._driver = self._new_driver(objectives)
            for trial in self._finished:
                _tell(self._driver, trial, objectives)
        return self._driver

    def _new_driver(self, objectives: Sequence[Objective]) -> Driver:
        request = self._request
        module = cast(DriverModule, registry.load(FAMILY, request.driver))
        directions = [objective.direction for objective in objectives]
        return module.create(self._define, directions, request.seed, request.sampler)

    def _define(self, space: Space) -> Proposal:
        return propose(space, self._request.task.task, self._request.techniques)

    def _say(
        self,
        number: int,
        candidate: Candidate,
        moment: Moment,
        *,
        stage: str = "",
        board: str | None = None,
        message: str = "",
        outcome: TrialOutcome | None = None,
    ) -> None:
        self._listen(
            Event(
                moment=moment,
                number=number,
                done=self.done,
                trials=self._request.trials,
                candidate=candidate,
                stage=stage,
                board=board,
                message=message,
                outcome=outcome,
            )
        )


def _as_begun(request: SearchRequest, store: Store) -> SearchRequest:
    """Return the request with the gates that the study was begun with, where it is resumed."""
    if not request.resume:
        return request
    return replace(request, gates=tuple(store.study(request.study).config.get("gates", ())))


def load_finished(store: Store, study: str) -> tuple[FinishedTrial, ...]:
    """Return the finished trials of a study by number. Raises StoreError for one that cannot be read."""
    return tuple(
        FinishedTrial(number=trial.number, candidate=_candidate(store, trial), outcome=read_outcome(trial))
        for trial in store.trials(study)
        if trial.state in _ENDED
    )


def _candidate(store: Store, trial: Trial) -> Candidate:
    candidate = store.get(Candidate, trial.candidate_key)
    if candidate is None:
        raise StoreError(f"the candidate of trial {trial.number} of the study {trial.study!r} is missing", hint=_HINT)
    return candidate


def read_outcome(trial: Trial) -> TrialOutcome:
    """Return the outcome of a finished trial. Raises StoreError where it cannot be read."""
    try:
        return from_plain(TrialOutcome, trial.outcome)
    except ValueError as error:
        message = f"the outcome of trial {trial.number} of the study {trial.study!r} cannot be read: {error}"
        raise StoreError(message, hint=_HINT) from error


def _tell(driver: Driver, trial: FinishedTrial, objectives: Sequence[Objective]) -> None:
    outcome = trial.outcome
    values = values_of(outcome, objectives) if outcome.values else ()
    violation = sum(reason.violation for reason in outcome.reasons) if outcome.status is Status.INFEASIBLE else 0.0
    driver.tell(outcome.parameters, outcome.status, values, violation)
