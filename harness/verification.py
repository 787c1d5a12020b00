# SPDX-License-Identifier: Apache-2.0
"""What a measurement says of its verification: against which kernels, over how much, how far those are from others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The interpreter that golden outputs come from."""

    package: str
    version: str
    kernels: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEffect:
    """A task's metric over test samples, with the TFLite reference kernels and with a runtime's own."""

    task: str
    metric: str
    samples: int
    reference: float
    kernels: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far a runtime's own kernels are from the TFLite reference: of so many values, those that differ, the most.

    ``effect`` says what that does to a task, where one was named.
    """

    inputs: int
    values: int
    different: int
    largest: float
    effect: MetricEffect | None = None

    @property
    def share(self) -> float:
        """Share of the values that differ, 0 to 1."""
        return self.different / self.values if self.values else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was compared with the golden outputs, and by which rule."""

    verified: bool
    rule: str
    reference: Reference
    inputs: int
    layers: int
    steps: int = 0  # of one sequence without a reset, where the model has state
    distance: Distance | None = None  # where ``reference`` is not the TFLite reference
    replaced_values: int = 0  # elements of inputs that the reference refuses, replaced by the nearest it accepts
