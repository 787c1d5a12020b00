# SPDX-License-Identifier: Apache-2.0
"""What a process that trains does: it loads the task and TensorFlow once, then produces candidate after candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from harness.errors import BadTask
from harness.tasks import GivenModel, Need, keras, load_task, task_key
from harness.train._versions import training_stack
from harness.train.bound import bound
from harness.train.check import check_networks
from harness.train.given import with_model
from harness.train.produce import produce
from harness.train.rungs import Halted
from harness.train.untrained import untrained


class Work(Protocol):
    """Does what is asked by its name; tells each stage as it begins, and asks whether a training goes on."""

    def __call__(self, what: str, *arguments: Any, watch: Callable[[str], None], ask: Callable[[Any], Any]) -> Any: ...


def open_work(task: str, given: GivenModel | None, key: str) -> Work:
    """Load a task, with the model to begin with if one is given, and the training stack.

    Raises BadTask where the task is not the one of ``key``.
    """
    loaded = load_task(task) if given is None else with_model(load_task(task, need=Need.SPLITS), given)
    if task_key(loaded, training_stack()) != key:
        raise BadTask(
            f"the task {task!r} is another one each time that it is loaded",
            hint="Its data must be the same for every process: give its random numbers a seed.",
        )
    keras()

    def work(what: str, *arguments: Any, watch: Callable[[str], None], ask: Callable[[Any], Any]) -> Any:
        if what == "check":
            return check_networks(loaded)
        (candidate,) = arguments
        if what == "untrained":
            return untrained(candidate, loaded)
        if what == "bound":
            return bound(candidate, loaded)
        try:
            return produce(candidate, loaded, watch=watch, judge=ask if what == "produce in rungs" else None)
        except Halted as halted:
            return halted

    return work
