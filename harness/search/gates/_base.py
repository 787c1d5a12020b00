# SPDX-License-Identifier: Apache-2.0
"""What a gate promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.boards import Board
from harness.records import Candidate, Measurement
from harness.search.limits import Limit
from harness.search.outcome import Reason
from harness.train import Bound

FAMILY = "harness.search.gates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A candidate before its training: what its untrained model needs at least, and the model, made when first asked.

    ``bound`` is None where nothing is known before the conversion. ``measure`` measures the model on a board by its
    name; it returns None where that fails, which is no reason to stop a candidate.
    """

    candidate: Candidate
    bound: Bound | None
    convert: Callable[[], bytes]
    boards: tuple[Board, ...]
    limits: tuple[Limit, ...]
    measure: Callable[[str], Measurement | None]


class GateModule(Protocol):
    """A module of this package; gates with a lower ``ORDER`` come first, for they cost less."""

    ORDER: int

    def is_useful(self, boards: Sequence[Board], limits: Sequence[Limit]) -> bool:
        """Tell whether the gate can stop any candidate of a study: where it cannot, it must cost nothing."""
        ...

    def reasons(self, subject: Subject) -> tuple[Reason, ...]:
        """Return why a candidate will come to nothing, with the size of the violation; none where it may go on.

        A candidate that would have kept to everything after its training must not be stopped.
        """
        ...
