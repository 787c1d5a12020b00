# SPDX-License-Identifier: Apache-2.0
"""Instructions, counted on the board for the untrained model, where the code does not depend on the weights.

It depends on them where channels turn out to be constant and are left out, as pruning by magnitude may make them; and
where floats are computed by routines that take longer for some numbers than for others. Such candidates are not judged.
For the rest the counts differ by the few branches of activations and of saturation: a limit must be broken by more.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.boards import Board
from harness.compress import load_technique
from harness.records import Candidate
from harness.search.gates._base import Subject
from harness.search.limits import Limit, broken
from harness.search.outcome import Reason

ORDER = 2
MARGIN = 0.05  # see docs/search.md for what was measured


def is_useful(boards: Sequence[Board], limits: Sequence[Limit]) -> bool:
    """Tell whether a limit is on instructions."""
    del boards
    return any(_is_judged(limit) for limit in limits)


def reasons(subject: Subject) -> tuple[Reason, ...]:
    """Return which limits the untrained model breaks by more than the margin."""
    found = []
    for board in subject.boards:
        limits = [limit for limit in subject.limits if limit.board == board.id and _is_judged(limit)]
        if not limits or code_follows_weights(subject.candidate, board):
            continue
        measurement = subject.measure(board.id)
        if measurement is None or measurement.instructions is None:
            continue
        counted = measurement.instructions.value
        for limit in (each for each in limits if counted > each.bound * (1 + MARGIN)):
            found.append(broken(limit, counted, f"{counted:,.10g} untrained", stage="instructions"))
    return tuple(found)


def code_follows_weights(candidate: Candidate, board: Board) -> bool:
    """Tell whether what runs on a board may depend on a candidate's weights."""
    techniques = [load_technique(step.name) for step in candidate.compression]
    by_weights = any(getattr(technique, "CODE_FOLLOWS_WEIGHTS", False) for technique in techniques)
    in_floats = all(technique.STAGE != "types" for technique in techniques)
    return by_weights or (in_floats and "fpu32" not in board.core.features)


def _is_judged(limit: Limit) -> bool:
    return limit.sense == "<=" and limit.name == "instructions"
