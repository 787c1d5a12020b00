# SPDX-License-Identifier: Apache-2.0
"""Which parameters decided the objectives of a study."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.dataset import Axis, Dataset
from harness.report.standing import StudyFacts
from harness.stats import Importance, permutation_importance

LEAST_EXPLAINED = 0.1  # of the variance, below which nothing is said of the parameters
_MOST_EFFECTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """Of one objective: the importance of its parameters, None where there are too few candidates to tell."""

    axis: Axis
    found: Importance | None
    rows: int

    @property
    def tells(self) -> bool:
        """Whether the parameters explain enough of the figure to compare them."""
        return self.found is not None and self.found.explained >= LEAST_EXPLAINED

    @property
    def largest(self) -> float:
        """The largest share, for the length of bars."""
        return max((effect.share for effect in self.found.effects), default=1.0) if self.found else 1.0


def influences_of(dataset: Dataset, facts: StudyFacts) -> tuple[Influence, ...]:
    """Return the influence of the proposal's parameters on each objective, over all verified candidates."""
    parameters = {trial.number: dict(trial.outcome.parameters) for trial in facts.finished}
    return tuple(_influence(dataset, axis, parameters) for axis in dataset.axes if axis.wanted)


def _influence(dataset: Dataset, axis: Axis, parameters: dict[int, dict[str, str | int | float | bool]]) -> Influence:
    found = [
        (parameters[row.number], value)
        for row in dataset.rows
        if row.status != "not verified" and row.number in parameters
        if (value := dataset.value(row, axis)) is not None
    ]
    importance = permutation_importance([row for row, _ in found], [value for _, value in found])
    if importance is not None:
        importance = Importance(
            effects=importance.effects[:_MOST_EFFECTS], explained=importance.explained, rows=importance.rows
        )
    return Influence(axis=axis, found=importance, rows=len(found))
