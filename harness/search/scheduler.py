# SPDX-License-Identifier: Apache-2.0
"""Which trial is begun when, by whom, and what comes of its end.

A trial belongs to one process, by its claim in the store; one whose process is dead is taken up by another. Within a
process, up to ``jobs`` trials are under way at once, each in a lane of its own; only this module's thread claims, asks
and stores how trials end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.deadline import Deadline
from harness.errors import BadTask, RigError
from harness.records import Candidate, Parameters, to_plain
from harness.search import gates
from harness.search.front import quarantined_boards, require_one_how
from harness.search.known import load_candidate, load_finished
from harness.search.lanes import Done, Interrupted, Job, Lanes, Message, Said
from harness.search.lease import Lease
from harness.search.outcome import Status
from harness.search.proposal import parameters_of
from harness.search.proposer import Proposer, known_to
from harness.search.request import Ended, Event, FinishedTrial, Listener, Moment, SearchRequest
from harness.search.tools import Note, Tools, TrialEnd
from harness.search.trial import run_trial
from harness.store import Position, Runner, TrialState

_POLL_SECONDS = 1.0  # how often other processes are looked at
_BAD_CANDIDATES = 3  # a task that fails for so many, and has worked for none, is itself at fault


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """A trial that may be begun: ``left`` by another process, or a new one."""

    number: int
    candidate: Candidate
    parameters: Parameters
    left: Position | None = None


class Scheduler:
    """A study under way: its finished trials as the store has them, and those that this process works on."""

    def __init__(
        self,
        request: SearchRequest,
        proposer: Proposer,
        tools: Tools,
        lease: Lease,
        lanes: Lanes,
        listen: Listener,
    ) -> None:
        self._request = request
        self._tools = tools
        self._claims = tools.store.claims
        self._lease = lease
        self._lanes = lanes
        self._listen = listen
        self._proposer = proposer
        self._deadline = None if request.timeout_seconds is None else Deadline.after(request.timeout_seconds)
        self._finished = {trial.number: trial for trial in load_finished(tools.store, request.study)}
        self._under_way: dict[int, _Next] = {}
        self._asked: _Next | None = None
        self._awaited: tuple[Position, ...] = ()  # trials of others, while this process has nothing to do
        self._failing: set[str] = set()  # candidates that the task failed for in this run
        self._ended: Ended | None = None
        self._error: Exception | None = None

    def carry_on(self) -> Ended:
        """Begin trials and take their ends until the study is done, or shall go no further."""
        try:
            while self._under_way or self._ended is None:
                try:
                    self._begin_trials()
                    if self._under_way or self._ended is None:
                        self._heed(self._lanes.next_message(wait_seconds=_POLL_SECONDS))
                except Exception as error:  # what is under way is finished first
                    self._stop("interrupted", error)
        except BaseException:
            self._lanes.abandon()
            raise
        if self._error is not None:
            raise self._error
        assert self._ended is not None
        return self._ended

    # Beginning

    def _begin_trials(self) -> None:
        while self._ended is None and self._lanes.has_room:
            positions = self._look_around()
            if self._is_complete(positions):
                self._ended = "trials"
            elif self._deadline is not None and self._deadline.passed:
                self._stop("timeout")
            elif (trial := self._left_behind(positions) or self._new_one(positions)) is None:
                self._say_what_is_awaited(positions)
                return
            elif self._claim(trial):
                self._begin(trial)

    def _look_around(self) -> Sequence[Position]:
        """Return where all trials stand, and take over what other processes have finished."""
        positions = self._claims.positions(self._request.study)
        if any(each.ended and each.number not in self._finished for each in positions):
            self._finished = {trial.number: trial for trial in load_finished(self._tools.store, self._request.study)}
        return positions

    def _left_behind(self, positions: Sequence[Position]) -> _Next | None:
        """Return the first unfinished trial that nobody living works on."""
        unfinished = [each for each in positions if not each.ended and each.number not in self._under_way]
        living = self._lease.living() if any(each.runner for each in unfinished) else frozenset()
        for left in (each for each in unfinished if each.runner not in living):
            if not self._repeats_one_under_way(left.candidate_key, left.number, positions):
                candidate = load_candidate(self._tools.store, self._request.study, left.number, left.candidate_key)
                parameters = parameters_of(candidate, self._request.techniques)
                return _Next(number=left.number, candidate=candidate, parameters=parameters, left=left)
        return None

    def _new_one(self, positions: Sequence[Position]) -> _Next | None:
        """Return the next proposal; None where there is none now, for what it must know is still under way."""
        number, jobs = len(positions), self._request.jobs
        if self._has_all(positions) or any(each <= number - jobs for each in self._under_way):
            return None
        if self._asked is None or self._asked.number != number:
            candidate, parameters = self._proposer.ask(number, self._finished)
            self._asked = _Next(number=number, candidate=candidate, parameters=parameters)
        repeats = self._repeats_one_under_way(self._asked.candidate.key, number, positions)
        return None if repeats else self._asked

    def _has_all(self, positions: Sequence[Position]) -> bool:
        return self._request.trials is not None and len(positions) >= self._request.trials

    def _is_complete(self, positions: Sequence[Position]) -> bool:
        return self._has_all(positions) and all(each.ended for each in positions)

    @staticmethod
    def _repeats_one_under_way(key: str, number: int, positions: Sequence[Position]) -> bool:
        """Say whether an earlier trial of the same candidate is unfinished: its end will be this one's too."""
        return any(each.candidate_key == key and each.number < number and not each.ended for each in positions)

    def _say_what_is_awaited(self, positions: Sequence[Position]) -> None:
        """Tell, when it has changed, which trials of others this process waits for while it has none of its own."""
        awaited = () if self._under_way else tuple(each for each in positions if not each.ended and each.runner)
        if awaited and awaited != self._awaited:
            number, key = awaited[0].number, awaited[0].candidate_key
            candidate = load_candidate(self._tools.store, self._request.study, number, key)
            self._tell(number, candidate, Moment.WAIT, message=waiting_for(awaited, self._claims.runners()))
        self._awaited = awaited

    def _claim(self, trial: _Next) -> bool:
        """Make a trial this process's; False where another was quicker."""
        held_by = None if trial.left is None else trial.left.runner
        return self._tools.store.claim_trial(
            self._request.study, trial.number, trial.candidate, self._lease.key, instead_of=held_by
        )

    def _begin(self, trial: _Next) -> None:
        self._under_way[trial.number] = trial
        self._say(trial.number, Moment.BEGIN)
        known = (self._finished[each] for each in sorted(self._finished))
        first = next((each for each in known if each.candidate == trial.candidate), None)
        if first is None:
            self._lanes.start(trial.number, self._job(trial))
        else:  # nothing is counted twice
            self._finish(trial.number, TrialEnd(outcome=gates.of_candidate(first), results=()))

    def _job(self, trial: _Next) -> Job:
        request, tools = self._request, self._tools
        quarantined = quarantined_boards(self._finished.values())
        boards = [board for board in request.boards if board not in quarantined]
        # Not what has ended meanwhile: a trial's end must not depend on which of those under way is quicker.
        earlier = known_to(trial.number, self._finished, request.jobs)

        def job(note: Note) -> TrialEnd:
            results: list[str] = []
            try:
                return run_trial(
                    trial.candidate,
                    trial.parameters,
                    boards,
                    request.objectives,
                    request.limits,
                    tools,
                    note,
                    results,
                    gate_names=request.gates,
                    halving=request.halving,
                    earlier=earlier,
                )
            except RigError:
                tools.store.link_results(request.study, trial.number, results)
                raise

        return job

    # Ending

    def _heed(self, message: Message | None) -> None:
        match message:
            case Said(number=number, moment=moment, facts=facts):
                self._say(number, moment, **facts)
            case Done(number=number, end=end) if end is not None:
                self._finish(number, end)
            case Done(number=number, error=error):
                del self._under_way[number]
                if not isinstance(error, (Exception, KeyboardInterrupt)):
                    raise error or AssertionError
                self._stop("interrupted", error if isinstance(error, Exception) else None)
            case Interrupted():
                self._stop("interrupted")

    def _stop(self, ended: Ended, error: Exception | None = None) -> None:
        """Begin no further trial; those under way are finished."""
        self._ended = self._ended or ended
        self._error = self._error or error
        for number in self._lanes.numbers:
            self._say(number, Moment.LAST, message="" if error is None else str(error))

    def _finish(self, number: int, end: TrialEnd) -> None:
        trial = FinishedTrial(number=number, candidate=self._under_way[number].candidate, outcome=end.outcome)
        try:
            require_one_how(each.outcome for each in (*self._finished.values(), trial))
            kept = self._tools.store.finish_trial(
                self._request.study,
                number,
                TrialState.COMPLETE if end.outcome.status is Status.COMPLETE else TrialState.FAILED,
                to_plain(end.outcome),
                results=end.results,
                runner=self._lease.key,
            )
            if kept:
                self._finished[number] = trial
            self._say(number, Moment.END if kept else Moment.LOST, outcome=end.outcome)
        finally:
            del self._under_way[number]
        self._require_a_task_that_works(trial)

    def _require_a_task_that_works(self, trial: FinishedTrial) -> None:
        """Raise BadTask where the task has failed for several candidates, and none of the study was ever trained."""
        reasons = trial.outcome.reasons
        if reasons and reasons[0].kind == BadTask.__name__:
            self._failing.add(trial.candidate.key)
        trained = any(each.outcome.artifact is not None for each in self._finished.values())
        if len(self._failing) >= _BAD_CANDIDATES and not trained:
            raise BadTask(
                f"{reasons[0].message.splitlines()[0]} (like all {len(self._failing)} candidates that were tried)",
                hint="'harness report' shows the failures; each has its trace in its log.",
            )

    def _say(self, number: int, moment: Moment, **facts: Any) -> None:
        self._tell(number, self._under_way[number].candidate, moment, **facts)

    def _tell(self, number: int, candidate: Candidate, moment: Moment, **facts: Any) -> None:
        done, trials = len(self._finished), self._request.trials
        self._listen(Event(moment=moment, number=number, done=done, trials=trials, candidate=candidate, **facts))


def waiting_for(positions: Sequence[Position], runners: Sequence[Runner]) -> str:
    """Say in a line which trials are waited for, and on which computers somebody works on them."""
    keys = {each.runner for each in positions}
    hosts = sorted({runner.host for runner in runners if runner.key in keys})
    numbers = ", ".join(str(each.number) for each in positions)
    return (
        f"waiting for trial{'s' * (len(positions) > 1)} {numbers}, on which "
        f"{'another process works' if len(keys) == 1 else f'{len(keys)} other processes work'}"
        f"{', on ' * bool(hosts)}{', '.join(hosts)}"
    )
