# SPDX-License-Identifier: Apache-2.0
"""The search: ask, train, bench, store, tell, until enough trials are done or the time is up.

The store is the one source of truth: the driver is told from it, also what this process has just found, so that a run
that was killed and resumed at any moment goes on as if it had never stopped. Several processes may work on a study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.errors import UserError
from harness.records import Candidate
from harness.search.disk import minding_the_disk
from harness.search.front import standing_of
from harness.search.known import limits_of, load_finished, objectives_of
from harness.search.lanes import Lanes
from harness.search.lease import Lease
from harness.search.proposer import Proposer
from harness.search.request import (
    Bench,
    Ended,
    Listener,
    Producer,
    ProducerInRungs,
    SearchRequest,
    SearchResult,
    Untrained,
)
from harness.search.scheduler import Scheduler
from harness.search.tools import Tools
from harness.store import Store, Study
from harness.train import Bound

_NAMES = ("task", "model")  # in a study's configuration, for people; what is in the files counts by its key


def run(
    request: SearchRequest,
    *,
    store: Store,
    produce: Producer,
    bench: Bench,
    untrained: Untrained | None = None,
    bound: Callable[[Candidate], Bound | None] | None = None,
    produce_in_rungs: ProducerInRungs | None = None,
    listen: Listener = lambda _event: None,
) -> SearchResult:
    """Begin or resume a study and carry it on to its end, ``request.jobs`` trials at once.

    ``produce`` and ``bench`` are called in threads, ``listen`` in this one; without ``untrained`` no gate looks at a
    candidate, without ``bound`` each is converted for it, without ``produce_in_rungs`` no training is stopped. An
    interruption from the keyboard lets the trials under way finish, and so does an error; a second one raises
    KeyboardInterrupt at once, and what was under way is taken up again on resume. Raises UserError where the study
    exists and is not resumed, or is resumed with another configuration; RigError where no board is left; BadTask where
    the task works for no candidate; what else stops a search is raised as it is.
    """
    request.check()
    request = _as_begun(request, store)
    proposer = Proposer(request)  # a wrong name or a missing package must not leave a study behind
    if request.resume:
        store.resume_study(request.study, _named_as_begun(request, store))
    else:
        store.create_study(request.study, request.config())
    tools = Tools(
        store=store,
        produce=produce,
        bench=minding_the_disk(bench, store),
        untrained=untrained,
        bound=bound,
        produce_in_rungs=produce_in_rungs,
    )
    lanes = Lanes(request.jobs)
    with Lease(store) as lease, lanes.heeding_interrupts():
        ended = Scheduler(request, proposer, tools, lease, lanes, listen).carry_on()
    return _result(request, store, ended)


def _as_begun(request: SearchRequest, store: Store) -> SearchRequest:
    """Return the request with the gates and the halving that the study was begun with, where it is resumed."""
    if not request.resume:
        return request
    study = store.study(request.study)
    _require_the_same(request, study)
    config = study.config
    return replace(request, gates=tuple(config.get("gates", ())), halving=bool(config.get("halving")))


def _named_as_begun(request: SearchRequest, store: Store) -> dict[str, Any]:
    """Return the configuration with what the files of the task and the model were called when the study was begun."""
    begun = store.study(request.study).config
    config = {key: value for key, value in request.config().items() if key not in _NAMES}
    return config | {key: begun[key] for key in _NAMES if key in begun}


def _require_the_same(request: SearchRequest, study: Study) -> None:
    """Raise UserError where a study is resumed with another task, other objectives or other limits, in words."""
    hint = "Resume it with the options that it was begun with, or name another with --study."
    if study.config.get("task_key") not in (None, request.task_key):
        raise UserError(
            f"the study {study.name!r} was begun with another task, or with another state of it: its file, its data,"
            " the versions of TensorFlow or the harness's code that trains have changed since",
            hint="Begin a new one: --study NAME.",
        )
    for what, read, now in (("objectives", objectives_of, request.objectives), ("limits", limits_of, request.limits)):
        was = read(study) if what in study.config else now
        if was != now:
            told = "; now: ".join(", ".join(map(str, each)) or "none" for each in (was, now))
            raise UserError(f"the study {study.name!r} was begun with other {what}: {told}", hint=hint)


def _result(request: SearchRequest, store: Store, ended: Ended) -> SearchResult:
    """Return the study as it stands."""
    finished = load_finished(store, request.study)
    standing = standing_of(finished, request.objectives)
    return SearchResult(
        study=request.study,
        ended=ended,
        trials=finished,
        front=standing.front,
        nearest=standing.nearest,
        quarantined=standing.quarantined,
    )
