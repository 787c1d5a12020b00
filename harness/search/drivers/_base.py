# SPDX-License-Identifier: Apache-2.0
"""What a search driver promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from harness.records import Parameters
from harness.search.figures import Direction
from harness.search.outcome import Status
from harness.tasks import Space

Define: TypeAlias = Callable[[Space], object]  # takes every parameter of a proposal from the space


class Driver(Protocol):
    """Proposes parameters.

    What ``ask`` returns depends on the seed, on the number and on what was told before it, in order, and on nothing
    else: a driver that is made anew and told the same goes on as the first one would have. It keeps nothing on disk.
    """

    def ask(self, number: int) -> Parameters:
        """Return the parameters of trial ``number``, sorted by name."""
        ...

    def tell(self, parameters: Parameters, status: Status, values: Sequence[float], violation: float) -> None:
        """Take the end of a trial.

        ``values`` are in the order of the objectives where it was measured, limits kept or not, else empty;
        ``violation`` is greater than 0 where it is infeasible, the more the further off. An infeasible or failed trial
        is never ranked; one that was stopped at a rung is feasible, but beaten by others.
        """
        ...


class DriverModule(Protocol):
    """A module of this package."""

    def create(self, define: Define, directions: Sequence[Direction], seed: int, sampler: str) -> Driver:
        """Return a driver that was told nothing yet, which chooses by one of its samplers.

        Raises UserError where a package of it is not installed, and for a sampler that it does not know.
        """
        ...
