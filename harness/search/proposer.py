# SPDX-License-Identifier: Apache-2.0
"""The driver of a study, told just what a proposal may know.

Trial ``n`` of a run that works on ``jobs`` trials at once is proposed from the trials up to ``n - jobs``, in the order
of their numbers: which of those under way ends first makes no difference, nor does being killed and resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from harness import registry
from harness.records import Candidate, Parameters
from harness.search.drivers import FAMILY, Driver, DriverModule
from harness.search.front import objectives_on, quarantined_boards, values_of
from harness.search.outcome import Status
from harness.search.proposal import Proposal, make_candidate, propose
from harness.search.request import FinishedTrial, SearchRequest
from harness.tasks import FixedSpace, Space


def known_to(number: int, finished: Mapping[int, FinishedTrial], jobs: int) -> list[FinishedTrial]:
    """Return what trial ``number`` may know of those that are finished, in order: none of those under way beside it."""
    return [finished[each] for each in sorted(finished) if each <= number - jobs]


class Proposer:
    """Asks the driver, which is made anew where the objectives have become fewer.

    Raises UserError where there is no such driver, or its package is not installed.
    """

    def __init__(self, request: SearchRequest) -> None:
        self._request = request
        self._told: set[int] = set()
        self._quarantined: tuple[str, ...] = ()
        self._driver = self._new_driver(())

    def ask(self, number: int, finished: Mapping[int, FinishedTrial]) -> tuple[Candidate, Parameters]:
        """Return what trial ``number`` shall try, from the finished trials that it may know."""
        known = known_to(number, finished, self._request.jobs)
        quarantined = quarantined_boards(known)
        if quarantined != self._quarantined:
            self._driver = self._new_driver(quarantined)
        for trial in known:
            if trial.number not in self._told:
                self._tell(self._driver, trial)
        parameters = self._driver.ask(number)
        proposal = self._define(FixedSpace(dict(parameters)))
        return make_candidate(proposal, self._request.task_key, self._request.seed), parameters

    def _new_driver(self, quarantined: tuple[str, ...]) -> Driver:
        self._told, self._quarantined = set(), quarantined
        module = cast(DriverModule, registry.load(FAMILY, self._request.driver))
        directions = [objective.direction for objective in objectives_on(self._request.objectives, quarantined)]
        return module.create(self._define, directions, self._request.seed, self._request.sampler)

    def _tell(self, driver: Driver, trial: FinishedTrial) -> None:
        self._told.add(trial.number)
        outcome = trial.outcome
        objectives = objectives_on(self._request.objectives, self._quarantined)
        values = values_of(outcome, objectives) if outcome.values else ()
        violation = sum(reason.violation for reason in outcome.reasons) if outcome.status is Status.INFEASIBLE else 0.0
        driver.tell(outcome.parameters, outcome.status, values, violation)

    def _define(self, space: Space) -> Proposal:
        return propose(space, self._request.task.task, self._request.techniques)
