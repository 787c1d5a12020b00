# SPDX-License-Identifier: Apache-2.0
"""Memory, from the untrained network and the plan of its model: what is sure to be needed for tensors and weights.

Training changes neither, but for channels that turn out to be constant and are left out: a few at most, so that a bound
must be broken by more than a margin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.boards import Board
from harness.errors import UnsupportedModel
from harness.footprint import Fit, Size, fit_all, fit_at_least
from harness.search.gates._base import Subject
from harness.search.limits import Limit, broken
from harness.search.outcome import Reason, infeasible, violation_of

ORDER = 1
MARGIN = 0.05  # see docs/search.md for what was measured

# Where every memory is larger, as on emulated boards with megabytes, what a search trains in minutes fits.
_SMALL_RAM_BYTES = 1 << 20
_SMALL_FLASH_BYTES = 2 << 20


def is_useful(boards: Sequence[Board], limits: Sequence[Limit]) -> bool:
    """Tell whether a limit is on memory, or a board has little of it."""
    return any(_is_on_memory(limit) for limit in limits) or any(map(_is_small, boards))


def reasons(subject: Subject) -> tuple[Reason, ...]:
    """Return which memories and limits the model breaks, whatever it is trained into.

    It is converted only where what is known before does not tell.
    """
    if bound := subject.bound:
        least = [
            fit_at_least(
                board,
                weights_bytes=bound.weights_bytes,
                activations_bytes=bound.activations_bytes,
                input_bytes=bound.input_bytes,
            )
            for board in subject.boards
        ]
        if found := tuple(reason for fit in least for reason in _broken(fit, subject.limits)):
            return found
    refused: dict[str, UnsupportedModel] = {}
    fits = fit_all(subject.convert(), subject.boards, name="untrained", refused=refused)
    missing = [infeasible(error, board=board, stage="fit") for board, error in refused.items()]
    return (*missing, *(reason for fit in fits for reason in _broken(fit, subject.limits)))


def _broken(fit: Fit, limits: Sequence[Limit]) -> Iterator[Reason]:
    for use in fit.memories:
        if use.surely_missing_bytes > MARGIN * use.needed.exact_bytes:
            message = f"{use.name} of {fit.board} lacks at least {use.missing_bytes:,} bytes, untrained"
            violation = violation_of("DoesNotFit", float(use.missing_bytes))
            yield Reason(board=fit.board, kind="DoesNotFit", stage="fit", message=message, violation=violation)
    for limit in limits:
        if limit.board == fit.board and _is_on_memory(limit):
            size = _size(limit.name, fit)
            if size.exact_bytes > limit.bound * (1 + MARGIN):
                yield broken(limit, size.bytes, f"{_at_least(size)}, untrained", stage="fit")


def _at_least(size: Size) -> str:
    """Return a size in words; what a candidate is ranked by is the whole of it, estimates included."""
    all_of_it = f", by estimate {size.bytes:,} in all" if size.estimated_bytes else ""
    return f"at least {size.exact_bytes:,} bytes{all_of_it}"


def _is_on_memory(limit: Limit) -> bool:
    return limit.sense == "<=" and limit.name in ("ram", "flash", "flash.weights_bytes")


def _size(name: str, fit: Fit) -> Size:
    if name == "flash.weights_bytes":
        return Size(exact_bytes=fit.weights_bytes)
    return fit.ram if name == "ram" else fit.flash


def _is_small(board: Board) -> bool:
    if board.kind == "host":
        return False
    return any(
        memory.size_bytes < (_SMALL_RAM_BYTES if memory.kind == "ram" else _SMALL_FLASH_BYTES)
        for purpose in ("activations", "weights")
        for memory in board.memory_for(purpose)
    )
