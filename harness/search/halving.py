# SPDX-License-Identifier: Apache-2.0
"""Successive halving over several objectives: whether a training goes on at a rung, from what earlier trials came to.

At each rung the worse half is looked at. Of it a training is stopped where an earlier trial that was measured scored
certainly more at the same rung, and costs less in everything: its costs are known before its end, for they are measured
on the boards with the network of that moment. One that may be the best in anything goes on, however little it scores.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.compress import load_technique
from harness.records import Artifact, Candidate, Measurement
from harness.search.figures import MODEL_FIGURES, figure_of
from harness.search.front import is_ranked, point_of
from harness.search.objectives import Objective
from harness.search.outcome import Gate, Reason
from harness.search.request import FinishedTrial
from harness.stats import pareto_front
from harness.train import Rung, Verdict, scores_at

NAME = "halving"
MARGIN = 0.05  # a rival's costs must be less by this share: those of the trained network are not quite the same

Measure: TypeAlias = Callable[[bytes, str], Measurement | None]  # a model on a board; None where that fails
# By objective, all so that less is better: the best that a training may be at a rung.
Hopes: TypeAlias = Mapping[str, float]


def is_useful(objectives: Sequence[Objective]) -> bool:
    """Tell whether a training can be judged by what it scores: whether a metric is among the objectives."""
    return any(_is_metric(objective) for objective in objectives)


def hopes_of(rung: Rung, objectives: Sequence[Objective], earlier: Sequence[FinishedTrial]) -> Hopes | None:
    """Return what a training's scores at a rung may be at best, within their intervals; None where it is not looked at.

    That is where it is in the better half of those that came to the rung, in any metric, or where a score has no
    interval.
    """
    own, hopes = {score.metric: score for score in rung.scores}, {}
    for objective in filter(_is_metric, objectives):
        score = own[objective.name]
        others = [objective.oriented(scores[objective.name]) for _, scores in _at_rung(rung.epochs, earlier)]
        better = sum(other < objective.oriented(score.value) for other in others)
        if 2 * better <= len(others) or score.interval is None:
            return None
        hopes[objective.key] = min(map(objective.oriented, score.interval))
    return hopes


def rival_of(
    hopes: Hopes, epochs: int, objectives: Sequence[Objective], earlier: Sequence[FinishedTrial]
) -> FinishedTrial | None:
    """Return an earlier trial, within all limits, that beats what one may be at a rung; None where there is none.

    It is compared by its scores at the same rung, and by its costs at the end. Nothing is hoped for an objective that
    is missing.
    """
    best = [hopes.get(objective.key, math.inf) for objective in objectives]
    for trial, scores in _at_rung(epochs, earlier):
        if is_ranked(trial.outcome, objectives):
            known = zip(objectives, point_of(trial.outcome, objectives), strict=True)
            point = [each.oriented(scores[each.name]) if _is_metric(each) else value for each, value in known]
            if pareto_front([best, point]) == (1,):
                return trial
    return None


def code_follows_weights(candidate: Candidate) -> bool:
    """Tell whether what a candidate costs may depend on its last weights: it is not known before the end."""
    techniques = [load_technique(step.name) for step in candidate.compression]
    return any(getattr(technique, "CODE_FOLLOWS_WEIGHTS", False) for technique in techniques)


@dataclass(slots=True, kw_only=True)
class Halving:
    """Judges one training at its rungs, by ``earlier`` trials alone: by nothing that happens meanwhile.

    ``objectives`` are those of the boards that are left, ``now`` is the clock of the trial, ``rungs`` those that the
    training has come to. ``gate`` is set once it was looked at, ``reason`` where it was stopped.
    """

    candidate: Candidate
    objectives: Sequence[Objective]
    earlier: Sequence[FinishedTrial]
    measure: Measure
    now: Callable[[], float]
    rungs: list[Rung] = field(default_factory=list)
    gate: Gate | None = None
    reason: Reason | None = None
    _costs: Hopes | None = None
    _since: float | None = None  # when the model was asked for

    def judge(self, rung: Rung) -> Verdict:
        """Return whether the training goes on; SHOW where its model is needed to tell."""
        begin = self._since or self.now()
        if rung.model is None:
            self.rungs.append(rung)
        verdict = self._judge(rung)
        self._since = begin if verdict is Verdict.SHOW else None
        if verdict is not Verdict.SHOW:
            seconds = self.now() - begin + (self.gate.seconds if self.gate else 0.0)
            self.gate = Gate(name=NAME, stopped=verdict is Verdict.STOP, seconds=seconds)
        return verdict

    def _judge(self, rung: Rung) -> Verdict:
        if code_follows_weights(self.candidate):  # then its costs are not known before its end
            return Verdict.GO_ON
        hopes = hopes_of(rung, self.objectives, self.earlier)
        if hopes is None or rival_of(hopes, rung.epochs, self.objectives, self.earlier) is None:
            return Verdict.GO_ON
        if self._costs is None:
            if rung.model is None:
                return Verdict.SHOW
            self._costs = self._measured(rung, rung.model)
        rival = rival_of({**hopes, **self._costs}, rung.epochs, self.objectives, self.earlier)
        if rival is None or len(hopes) + len(self._costs) < len(self.objectives):
            return Verdict.GO_ON
        self.reason = _reason(rung, rival)
        return Verdict.STOP

    def _measured(self, rung: Rung, model: bytes) -> Hopes:
        """Return the costs of the network at a rung, less the margin; none where one of them cannot be had."""
        artifact = Artifact(
            sha256=hashlib.sha256(model).hexdigest(),
            name=self.candidate.family,
            size_bytes=len(model),
            candidate_key=self.candidate.key,
            metrics=(("parameters", float(rung.parameters)),),
        )
        costs = [objective for objective in self.objectives if not _is_metric(objective)]
        measurements = {}
        for board in {objective.board for objective in costs if objective.board is not None}:
            measurement = self.measure(model, board)
            if measurement is None or not measurement.verification.verified:
                return {}
            measurements[board] = measurement
        found = {each.key: each.oriented(figure_of(each, artifact, measurements).value) for each in costs}
        return {key: value - MARGIN * abs(value) for key, value in found.items()}


def _is_metric(objective: Objective) -> bool:
    return objective.board is None and objective.name not in MODEL_FIGURES


def _at_rung(epochs: int, earlier: Sequence[FinishedTrial]) -> list[tuple[FinishedTrial, Mapping[str, float]]]:
    """Return the trials that came to a rung, each candidate once, with their scores there."""
    found = [(trial, scores_at(epochs, trial.outcome.metrics)) for trial in earlier]
    return [(trial, scores) for trial, scores in found if scores and trial.outcome.duplicate_of is None]


def _reason(rung: Rung, rival: FinishedTrial) -> Reason:
    scores = ", ".join(f"{score.metric} {score.value:.4g}" for score in rung.scores)
    message = f"after {rung.epochs} epochs ({scores}) trial {rival.number} scored more, and it costs less in everything"
    return Reason(board=None, kind="Halted", stage="rung", message=message)
