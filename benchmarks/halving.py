# SPDX-License-Identifier: Apache-2.0
"""What successive halving would have stopped: ``python benchmarks/halving.py STUDY [--results DIR] [--trials N ...]``.

The study was carried out without it (``harness run --no-halving --sampler random``), so that how each candidate ends is
known. Its trials are replayed in random orders, ``--jobs`` at once, by the rule of the search itself; the interval of a
score is Wilson's, the costs at a rung are those at the end less the margin. Seconds are those of the study
that trained it; being judged costs a conversion and a bench. Printed as Markdown: means over the orders.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np

from harness.search import FinishedTrial, Objective, Status, load_finished, objectives_of, point_of
from harness.search.halving import MARGIN, code_follows_weights, hopes_of, rival_of
from harness.stats import hypervolume, pareto_front, wilson
from harness.store import open_store
from harness.tasks import load_task
from harness.train import Rung, RungScore, rung_epochs, scores_at

ORDERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One order: shares of its trials, of its front, of its hypervolume, of its seconds."""

    stopped: float
    asked: float
    lost: int
    front: int
    hypervolume: float
    saved: float
    spent: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--trials", type=int, nargs="+", default=[16, 30])
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    with open_store(given.results) as store:
        study = store.study(given.study)
        trials = [trial for trial in load_finished(store, given.study) if trial.outcome.status is Status.COMPLETE]
        others = [trial for other in store.studies() for trial in load_finished(store, other.name)]
        objectives = objectives_of(study)
        loaded = load_task(str(study.config["task"]))
    took = {trial.candidate.key: trial.outcome.seconds for trial in others if "train" in dict(trial.outcome.seconds)}
    trials = [
        replace(trial, outcome=replace(trial.outcome, seconds=took[trial.candidate.key]))
        for trial in trials
        if trial.outcome.duplicate_of is None
    ]
    samples, epochs = len(loaded.data.validation.inputs), rung_epochs(loaded.task.plan)
    print(f"{len(trials)} candidates, rungs after {', '.join(map(str, epochs))} epochs, {ORDERS} orders\n")
    print("| trials | stopped | measured | of the front lost | hypervolume left, mean | least | saved | spent |")
    print("|---|---|---|---|---|---|---|---|")
    for count in given.trials:
        draw = random.Random(0)
        orders = [draw.sample(trials, min(count, len(trials))) for _ in range(ORDERS)]
        found = [replay(order, objectives, epochs, samples, given.jobs) for order in orders]
        shares = [each.hypervolume for each in found]
        cells = (
            f"{fmean(each.stopped for each in found):.0%}",
            f"{fmean(each.asked for each in found):.0%}",
            f"{sum(each.lost for each in found)} of {sum(each.front for each in found)}",
            f"{fmean(shares):.4f}",
            f"{min(shares):.4f}",
            f"{fmean(each.saved for each in found):.0%}",
            f"{fmean(each.spent for each in found):.0%}",
        )
        print(f"| {count} | {' | '.join(cells)} |")


def replay(
    order: Sequence[FinishedTrial], objectives: Sequence[Objective], epochs: Sequence[int], samples: int, jobs: int
) -> Replayed:
    """Let the trials of an order go through their rungs."""
    seen: list[FinishedTrial] = []
    stopped, asked, saved, spent = set(), set(), 0.0, 0.0
    for number, trial in enumerate(order):
        known = seen[: max(0, number - jobs + 1)]
        seen.append(replace(trial, number=number))
        seconds = dict(trial.outcome.seconds)
        for rung in rungs_of(trial, epochs, samples):
            verdict = judge(trial, rung, objectives, known)
            if verdict is None:
                continue
            asked.add(number)
            if verdict:
                stopped.add(number)
                trained = seconds["train"] * rung.epochs / dict(trial.outcome.metrics)["epochs"]
                saved += sum(seconds.values()) - trained
                seen[-1] = as_stopped(seen[-1], rung.epochs)
                break
        if number in asked:
            spent += sum(value for stage, value in seconds.items() if stage == "convert" or stage.startswith("bench@"))
    points = [point_of(trial.outcome, objectives) for trial in order]
    front = pareto_front(points)
    kept = [point for number, point in enumerate(points) if number not in stopped]
    total = sum(sum(value for _, value in trial.outcome.seconds) for trial in order)
    return Replayed(
        stopped=len(stopped) / len(order),
        asked=len(asked) / len(order),
        lost=len(stopped & set(front)),
        front=len(front),
        hypervolume=hypervolume_of(kept, points) / hypervolume_of(points, points),
        saved=saved / total,
        spent=spent / total,
    )


def rungs_of(trial: FinishedTrial, epochs: Sequence[int], samples: int) -> list[Rung]:
    """Return the rungs that a trial came to."""
    found = []
    for reached in epochs:
        scores = tuple(
            RungScore(metric=name, value=value, interval=wilson(round(value * samples), samples))
            for name, value in scores_at(reached, trial.outcome.metrics).items()
        )
        found += [Rung(epochs=reached, scores=scores)] if scores else []
    return found


def judge(
    trial: FinishedTrial, rung: Rung, objectives: Sequence[Objective], known: Sequence[FinishedTrial]
) -> bool | None:
    """Tell whether a trial is stopped at a rung; None where its costs are not even asked for."""
    hopes = hopes_of(rung, objectives, known)
    if (
        code_follows_weights(trial.candidate)
        or hopes is None
        or rival_of(hopes, rung.epochs, objectives, known) is None
    ):
        return None
    point = zip(objectives, point_of(trial.outcome, objectives), strict=True)
    costs = {each.key: value - MARGIN * abs(value) for each, value in point if each.key not in hopes}
    return rival_of({**hopes, **costs}, rung.epochs, objectives, known) is not None


def as_stopped(trial: FinishedTrial, epochs: int) -> FinishedTrial:
    """Return a trial as it is known where it was stopped at a rung."""
    kept = tuple((name, value) for name, value in trial.outcome.metrics if name.startswith("rung_"))
    kept = tuple(each for each in kept if int(each[0].partition(".")[0].removeprefix("rung_")) <= epochs)
    outcome = replace(trial.outcome, status=Status.STOPPED, values=(), artifact=None, metrics=kept)
    return replace(trial, outcome=outcome)


def hypervolume_of(points: Sequence[Sequence[float]], scale: Sequence[Sequence[float]]) -> float:
    """Return the hypervolume of points: costs as logarithms, each coordinate scaled to the range of ``scale``."""

    def logarithmic(some: Sequence[Sequence[float]]) -> list[list[float]]:
        return [[value if value < 0 else float(np.log(value)) for value in point] for point in some]

    low, high = np.min(logarithmic(scale), axis=0), np.max(logarithmic(scale), axis=0)
    span = np.where(high > low, high - low, 1.0)
    scaled = [tuple(map(float, (np.array(point) - low) / span)) for point in logarithmic(points)]
    return hypervolume(scaled, (1.1,) * len(low))


if __name__ == "__main__":
    main()
