# SPDX-License-Identifier: Apache-2.0
"""What ``benchmarks/search.py`` found: hypervolumes, seconds, and what choosing by measured figures is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records import Deployment, Measurement
from harness.search import FinishedTrial, load_finished
from harness.stats import hypervolume, pareto_front
from harness.store import Store

HAND_SET = "hand_set"
AT = (10, 20, 30, 40)  # trials
FLOORS = (0.90, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98)  # least validation accuracy that a choice must have
RESAMPLED = 2000
_T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}  # Student's t, two-sided 95 %, by degrees of freedom
_RANDOM = 12345


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A measured candidate."""

    study: str
    number: int
    artifact: str
    is_int8: bool
    accuracy: float
    instructions: float
    ram: float
    macs: float
    parameters: float


def text(store: Store, board: str) -> str:
    """Return all tables as Markdown."""
    studies = {study.name: load_finished(store, study.name) for study in store.studies()}
    points = [point for name, trials in studies.items() for point in _points(store, name, trials, board)]
    if not points:
        return "Nothing was measured yet."
    parts = [
        f"{sum(map(len, studies.values()))} trials in {len(studies)} studies, "
        f"{len(_distinct(points))} different models.",
        _searching(points, studies),
        _stages(studies),
        _choices(_distinct(points)),
        "Among int8 models alone:",
        _choices([point for point in _distinct(points) if point.is_int8]),
    ]
    return "\n\n".join(parts)


def _points(store: Store, study: str, trials: Sequence[FinishedTrial], board: str) -> Iterator[Point]:
    measured = ((store.get(Deployment, each.deployment_key), each) for each in store.measurements(study))
    macs = {deployment.artifact: _macs(each) for deployment, each in measured if deployment is not None}
    for trial in trials:
        outcome = trial.outcome
        values = {value.objective: value.value for value in outcome.values}
        if not values or outcome.artifact is None or outcome.artifact not in macs:
            continue
        metrics = dict(outcome.metrics)
        yield Point(
            study=study,
            number=trial.number,
            artifact=outcome.artifact,
            is_int8=any(step.name == "int8" for step in trial.candidate.compression),
            accuracy=values["accuracy"],
            instructions=values[f"instructions@{board}"],
            ram=values[f"ram@{board}"],
            macs=macs[outcome.artifact],
            parameters=metrics["parameters"],
        )


def _macs(measurement: Measurement) -> float:
    return float(sum(layer.macs for layer in measurement.layers))


def _distinct(points: Sequence[Point]) -> list[Point]:
    return list({point.artifact: point for point in points}.values())


# Searching


def _searching(points: Sequence[Point], studies: dict[str, tuple[FinishedTrial, ...]]) -> str:
    """Compare the studies after so many trials; a cell is empty where a study has fewer."""
    scaled = _scaler(points)
    levels = [at for at in AT if any(len(trials) >= at for trials in studies.values())]
    volumes: dict[tuple[str, int], dict[int, float]] = {}  # by sampler and level, then by seed
    for name, trials in studies.items():
        mine = [point for point in points if point.study == name]
        sampler, _, seed = name.partition(".")
        for at in (at for at in levels if len(trials) >= at):
            reached = hypervolume([scaled(p) for p in mine if p.number < at], (1.0, 1.0, 1.0))
            volumes.setdefault((sampler, at), {})[int(seed)] = reached
    samplers = list(dict.fromkeys(name.partition(".")[0] for name in studies))
    heads = [f"after {at} | more than {other}" for at in levels for other in ("random", "by hand")]
    heads = [head if place % 2 == 0 else head.partition("| ")[2] for place, head in enumerate(heads)]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---|" * (3 * len(levels))]
    for sampler in samplers:
        cells = []
        for at in levels:
            mine_at = volumes.get((sampler, at), {})
            others = [volumes.get((other, at), {}) for other in ("random", HAND_SET)]
            cells += [_interval(list(mine_at.values())), *(_difference(mine_at, other) for other in others)]
        lines.append(f"| {sampler} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _scaler(points: Sequence[Point]) -> Callable[[Point], tuple[float, float, float]]:
    """Return what maps a point to [0, 1] in each objective, less being better: error, logarithms of the costs."""
    raw = np.array([_raw(point) for point in points])
    low, high = raw.min(axis=0), raw.max(axis=0)
    span = np.where(high > low, high - low, 1.0)

    def scaled(point: Point) -> tuple[float, float, float]:
        x, y, z = ((np.array(_raw(point)) - low) / span).tolist()
        return x, y, z

    return scaled


def _raw(point: Point) -> tuple[float, float, float]:
    return 1.0 - point.accuracy, math.log(point.instructions), math.log(point.ram)


def _interval(values: Sequence[float]) -> str:
    """Return the mean and its 95 % interval by Student's t; one value alone has none, none is empty."""
    if not values:
        return ""
    mean = float(np.mean(values))
    if len(values) < 2:
        return f"{mean:.4f}"
    half = _T95[len(values) - 1] * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return f"{mean:.4f} ± {half:.4f}"


def _difference(these: dict[int, float], others: dict[int, float]) -> str:
    """Return by how much the volume is more, seed by seed."""
    both = sorted(these.keys() & others.keys())
    if these is others:
        return ""
    return _interval([these[seed] - others[seed] for seed in both])


# Seconds


def _stages(studies: dict[str, tuple[FinishedTrial, ...]]) -> str:
    seconds: dict[str, list[float]] = {}
    whole = []
    for trial in (trial for trials in studies.values() for trial in trials):
        if trial.outcome.seconds and dict(trial.outcome.seconds).get("train"):
            whole.append(sum(value for _, value in trial.outcome.seconds))
            for stage, value in trial.outcome.seconds:
                seconds.setdefault(stage, []).append(value)
    lines = ["| stage | candidates | median, s | mean, s | 95 % below, s |", "|---|---|---|---|---|"]
    for stage, values in [*seconds.items(), ("all of it", whole)]:
        if values:
            found = f"{np.median(values):.2f} | {np.mean(values):.2f} | {np.quantile(values, 0.95):.2f}"
            lines.append(f"| {stage} | {len(values)} | {found} |")
    return "\n".join(lines)


# Choosing by measured figures and by proxies


def _choices(points: Sequence[Point]) -> str:
    """Compare what is chosen by counted instructions and RAM with what is chosen by MACs and parameters."""
    random = np.random.default_rng(_RANDOM)
    drawn = [random.integers(len(points), size=len(points)) for _ in range(RESAMPLED)]
    samples = [[points[place] for place in places] for places in drawn]
    floors = [floor for floor in FLOORS if sum(point.accuracy >= floor for point in points) >= 5]
    rows = [
        ("instructions of the model with the fewest MACs", "macs", "instructions"),
        ("RAM of the model with the fewest parameters", "parameters", "ram"),
    ]
    lines = ["| at least this accuracy | models | " + " | ".join(row[0] for row in rows) + " |", "|---|---|---|---|"]
    for floor in floors:
        count = sum(point.accuracy >= floor for point in points)
        cells = [_bootstrapped(lambda s, f=floor, r=row: _excess(s, f, *r[1:]), points, samples) for row in rows]
        lines.append(f"| {floor:.2f} | {count} | {' | '.join(cells)} |")
    means = [
        _bootstrapped(
            lambda s, r=row: float(np.nanmean([_excess(s, floor, *r[1:]) for floor in floors])), points, samples
        )
        for row in rows
    ]
    lines.append(f"| mean over these | | {' | '.join(means)} |")
    return "\n".join([*lines, "", _fronts(points, samples)])


def _excess(points: Sequence[Point], floor: float, proxy: str, figure: str) -> float:
    """Return how much more the choice by a proxy takes than the choice by the figure itself, as a share."""
    able = [point for point in points if point.accuracy >= floor]
    if not able:
        return math.nan
    chosen = min(able, key=lambda point: (getattr(point, proxy), -point.accuracy, point.artifact))
    return float(getattr(chosen, figure) / min(getattr(point, figure) for point in able) - 1.0)


def _fronts(points: Sequence[Point], samples: Sequence[Sequence[Point]]) -> str:
    scaled = _scaler(points)
    measured, proxies = _front(points, "instructions", "ram"), _front(points, "macs", "parameters")
    lost = {point.artifact for point in measured} - {point.artifact for point in proxies}
    useless = {point.artifact for point in proxies} - {point.artifact for point in measured}
    instructions = np.log([point.instructions for point in points])

    def share(sample: Sequence[Point]) -> float:
        kept = [hypervolume([scaled(p) for p in _front(sample, *by)], (1.0, 1.0, 1.0)) for by in BY]
        return kept[1] / kept[0] - 1.0

    lines = [
        f"Front by accuracy, instructions and RAM: {len(measured)} models; by accuracy, MACs and parameters: "
        f"{len(proxies)}. {len(lost)} of the first are not in the second, "
        f"{len(useless)} of the second not in the first.",
        "Hypervolume, in measured figures, of the second against the first: "
        f"{_bootstrapped(share, points, samples[:300])}.",
        f"Rank correlation of MACs with instructions {_ranks(np.log([p.macs for p in points]), instructions):.3f}, "
        f"of parameters with RAM {_ranks([p.parameters for p in points], [p.ram for p in points]):.3f}. "
        f"Instructions a MAC: {_spread([p.instructions / p.macs for p in points])}.",
    ]
    return "\n\n".join(lines)


BY = (("instructions", "ram"), ("macs", "parameters"))


def _front(points: Sequence[Point], *costs: str) -> list[Point]:
    rows = [(-point.accuracy, *(getattr(point, cost) for cost in costs)) for point in points]
    return [points[place] for place in pareto_front(rows)]


def _bootstrapped(
    figure: Callable[[Sequence[Point]], float], points: Sequence[Point], samples: Sequence[Sequence[Point]]
) -> str:
    """Return a figure as a share, with its 95 % interval over models that are drawn anew."""
    found = np.array([figure(sample) for sample in samples])
    low, high = np.nanquantile(found, (0.025, 0.975))
    return f"{figure(points):+.1%} ({low:+.1%} to {high:+.1%})"


def _ranks(one: Sequence[float] | NDArray[np.float64], other: Sequence[float] | NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation."""
    ranks = [np.argsort(np.argsort(np.asarray(values), kind="stable"), kind="stable") for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def _spread(values: Sequence[float]) -> str:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"median {middle:.2f}, 90 % between {low:.2f} and {high:.2f}"
