# SPDX-License-Identifier: Apache-2.0
"""Which parameters decide a figure: what a model of it loses when one of them is shuffled.

The model is additive, fitted to the ranks of the figure by ridge regression: a line and a parabola over the ranks of a
number, a level for each choice. A parameter that only some rows have adds nothing to the others, and is shuffled among
those that have it. The importance is permutation importance on rows that the model was not fitted to (Breiman, "Random
forests", Machine Learning 45, 2001, section 10), here the rows that a bootstrap leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 20
RESAMPLES = 100
_PENALTIES = 10.0 ** np.arange(-2, 4)

Value: TypeAlias = str | int | float | bool
_Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A parameter's importance, as a share of the figure's variance: the mean, and where 95 % of resamplings lie."""

    name: str
    share: float
    low: float
    high: float
    rows: int  # that have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """The effects, the largest first. ``explained`` is the share of the variance that the model predicts (R²)."""

    effects: tuple[Effect, ...]
    explained: float
    rows: int


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    columns: tuple[int, ...]
    present: NDArray[np.bool_]


def permutation_importance(
    rows: Sequence[Mapping[str, Value]], target: Sequence[float], *, resamples: int = RESAMPLES
) -> Importance | None:
    """Return how much each parameter that varies decides the target; the same arguments give the same answer.

    None for fewer than ``LEAST_ROWS`` rows, and where the target or all parameters are the same everywhere.
    """
    wanted = _ranks(np.asarray(target, dtype=np.float64))
    matrix, groups = _encode(rows)
    if len(rows) < LEAST_ROWS or not groups or not np.ptp(wanted):
        return None
    chance = np.random.default_rng(0)
    explained, losses = [], []
    for _ in range(resamples):
        drawn = chance.integers(0, len(rows), len(rows))
        out = np.setdiff1d(np.arange(len(rows)), drawn)
        if len(out) < 2 or not np.ptp(wanted[out]) or not np.ptp(wanted[drawn]):
            continue
        weights, offset = _ridge(matrix[drawn], wanted[drawn])
        variance = float(((wanted[out] - wanted[out].mean()) ** 2).sum())
        base = float(((matrix[out] @ weights + offset - wanted[out]) ** 2).sum())
        explained.append(1 - base / variance)
        losses.append(
            [
                (_shuffled_error(matrix[out], wanted[out], weights, offset, group, out, chance) - base) / variance
                for group in groups
            ]
        )
    if not losses:
        return None
    found = np.asarray(losses)
    low, high = np.percentile(found, (2.5, 97.5), axis=0)
    effects = [
        Effect(
            name=group.name,
            share=float(found[:, at].mean()),
            low=float(low[at]),
            high=float(high[at]),
            rows=int(group.present.sum()),
        )
        for at, group in enumerate(groups)
    ]
    return Importance(
        effects=tuple(sorted(effects, key=lambda effect: (-effect.share, effect.name))),
        explained=float(np.mean(explained)),
        rows=len(rows),
    )


def _shuffled_error(
    matrix: _Floats,
    wanted: _Floats,
    weights: _Floats,
    offset: float,
    group: _Group,
    out: NDArray[np.int64],
    chance: np.random.Generator,
) -> float:
    """Return the squared error with one parameter's values shuffled among the rows that have it."""
    having = np.flatnonzero(group.present[out])
    columns = np.asarray(group.columns)
    mixed = matrix.copy()
    mixed[np.ix_(having, columns)] = matrix[np.ix_(chance.permutation(having), columns)]
    return float(((mixed @ weights + offset - wanted) ** 2).sum())


def _ridge(matrix: _Floats, wanted: _Floats) -> tuple[_Floats, float]:
    """Fit by ridge regression; the penalty is that with the least generalised cross-validation error."""
    middle, mean = matrix.mean(axis=0), float(wanted.mean())
    centred, target = matrix - middle, wanted - mean
    squares, axes = np.linalg.eigh(centred.T @ centred)
    squares = np.maximum(squares, 0.0)
    inside = axes.T @ (centred.T @ target)
    explained = np.divide(inside**2, squares, out=np.zeros_like(inside), where=squares > 1e-9)
    whole, best, least = float(target @ target), np.zeros(matrix.shape[1]), np.inf
    for penalty in _PENALTIES:
        shrink = squares / (squares + penalty)
        error = whole - float((explained * shrink * (2 - shrink)).sum())
        criterion = error / max(1.0, len(wanted) - 1 - float(shrink.sum())) ** 2
        if criterion < least:
            least, best = criterion, axes @ (inside / (squares + penalty))
    return best, mean - float(middle @ best)


def _encode(rows: Sequence[Mapping[str, Value]]) -> tuple[_Floats, list[_Group]]:
    columns: list[_Floats] = []
    groups = []
    for name in sorted({name for row in rows for name in row}):
        present = np.array([name in row for row in rows])
        values = [row[name] for row in rows if name in row]
        if len(set(values)) < 2:
            continue
        encoded = _numbers(values) if _are_numbers(values) else _choices(values)
        made = np.zeros((len(rows), encoded.shape[1]))
        made[present] = encoded
        groups.append(_Group(name, tuple(range(len(columns), len(columns) + made.shape[1])), present))
        columns += list(made.T)
    return (np.stack(columns, axis=1) if columns else np.zeros((len(rows), 0))), groups


def _are_numbers(values: Sequence[Value]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _numbers(values: Sequence[Value]) -> _Floats:
    line = _ranks(np.asarray(values, dtype=np.float64))
    parabola = line**2
    return np.stack([line, parabola - parabola.mean()], axis=1)


def _choices(values: Sequence[Value]) -> _Floats:
    made = np.stack([[float(value == level) for value in values] for level in sorted(set(values), key=str)], axis=1)
    centred: _Floats = made - made.mean(axis=0)
    return centred


def _ranks(values: _Floats) -> _Floats:
    """Return ranks between -1 and 1; equal values share the middle of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts + 1) / 2
    return 2 * middles[places] / max(1, len(values) - 1) - 1
