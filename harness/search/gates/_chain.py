# SPDX-License-Identifier: Apache-2.0
"""The gates of a study, one after the other, each with the seconds that it took and saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import cast

from harness import registry
from harness.boards import Board, load_board
from harness.errors import HarnessError, UnsupportedModel
from harness.records import Candidate, Measurement
from harness.search.gates._base import FAMILY, GateModule, Subject
from harness.search.gates._duplicate import CANDIDATE, MODEL
from harness.search.limits import Limit
from harness.search.outcome import Gate, Reason, Remedy, infeasible, remedy_for
from harness.search.request import FinishedTrial
from harness.train import Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gates that looked at a candidate, and the reasons of the one that stopped it, if one did."""

    gates: tuple[Gate, ...] = ()
    reasons: tuple[Reason, ...] = ()


def useful_gates(boards: Sequence[Board], limits: Sequence[Limit]) -> tuple[str, ...]:
    """Return the names of the gates that can stop a candidate of such a study, in their order."""
    modules = {name: _load(name) for name in registry.names(FAMILY)}
    names = [name for name, module in modules.items() if module.is_useful(boards, limits)]
    return tuple(sorted(names, key=lambda name: (modules[name].ORDER, name)))


def judge(
    candidate: Candidate,
    names: Sequence[str],
    boards: Sequence[str],
    limits: Sequence[Limit],
    *,
    bound: Callable[[], Bound | None],
    convert: Callable[[], bytes],
    measure: Callable[[bytes, str], Measurement | None],
    earlier: Sequence[FinishedTrial],
    watch: Callable[[str], None],
    now: Callable[[], float],
) -> Verdict:
    """Send a candidate through gates until one stops it; its conversion counts to the first that needs it.

    ``now`` is the trial's clock.

    One that cannot be converted for want of an operator is stopped; for any other error in its conversion it is not
    judged: training will tell.
    """
    gates: list[Gate] = []
    convert = cache(convert)
    begin = now()
    subject: Subject | None = None
    failed = False
    for name in names:
        watch(f"gate {name}")
        try:
            if subject is None:
                subject = _subject(candidate, boards, limits, bound(), convert, measure)
            reasons = _load(name).reasons(subject)
        except HarnessError as error:
            if remedy_for(type(error).__name__) is Remedy.STOP:
                raise
            reasons = (infeasible(error, board=None, stage="convert"),) if isinstance(error, UnsupportedModel) else ()
            failed = True
        end = now()
        saved = typical_seconds(earlier, candidate.family) if reasons else 0.0
        gates.append(Gate(name=name, stopped=bool(reasons), seconds=end - begin, saved_seconds=saved))
        begin = end
        if reasons:
            return Verdict(gates=tuple(gates), reasons=reasons)
        if failed:
            break
    return Verdict(gates=tuple(gates))


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTotal:
    """What a gate did in a study: candidates that it looked at and stopped, seconds that it took and saved."""

    name: str
    looked_at: int
    stopped: int
    seconds: float
    saved_seconds: float


def gate_totals(trials: Sequence[FinishedTrial]) -> tuple[GateTotal, ...]:
    """Return what each gate did over the trials of a study, by name; ``looked_at`` of a duplicate is all trials."""
    passed: dict[str, list[Gate]] = {}
    for gate in (gate for trial in trials for gate in trial.outcome.gates):
        passed.setdefault(gate.name, []).append(gate)
    always = dict.fromkeys((CANDIDATE, MODEL), len(trials))
    return tuple(
        GateTotal(
            name=name,
            looked_at=always.get(name, len(gates)),
            stopped=sum(gate.stopped for gate in gates),
            seconds=sum(gate.seconds for gate in gates),
            saved_seconds=sum(gate.saved_seconds for gate in gates),
        )
        for name, gates in sorted(passed.items())
    )


def typical_seconds(earlier: Sequence[FinishedTrial], family: str) -> float:
    """Return the median of what trained trials of a family took, of all where none is of it, 0 where there is none."""
    trained = [trial for trial in earlier if "train" in dict(trial.outcome.seconds)]
    alike = [trial for trial in trained if trial.candidate.family == family] or trained
    return median(sum(seconds for _, seconds in trial.outcome.seconds) for trial in alike) if alike else 0.0


def _subject(
    candidate: Candidate,
    boards: Sequence[str],
    limits: Sequence[Limit],
    bound: Bound | None,
    convert: Callable[[], bytes],
    measure: Callable[[bytes, str], Measurement | None],
) -> Subject:
    return Subject(
        candidate=candidate,
        bound=bound,
        convert=convert,
        boards=tuple(load_board(board) for board in boards),
        limits=tuple(limit for limit in limits if limit.board in boards),
        measure=lambda board: measure(convert(), board),
    )


def _load(name: str) -> GateModule:
    return cast(GateModule, registry.load(FAMILY, name))
