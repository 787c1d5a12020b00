# SPDX-License-Identifier: Apache-2.0
"""What is asked of a tuning, what it calls, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.boards import Board
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.tune.objective import Objective
from harness.tune.plan_file import PlanFile


class Bench(Protocol):
    """Builds the model with a plan of all its layers and measures it. Raises HarnessError."""

    def __call__(self, plan: KernelPlan, what: str, /) -> Measurement: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneRequest:
    """A model, the board whose kernels are chosen, and what for.

    ``ram_limit_bytes`` is the most that the model may take of RAM: its activations and scratch.
    """

    model: bytes
    name: str
    board: Board
    objective: Objective
    optimize: str = "speed"
    ram_limit_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneResult:
    """The fastest plan that was found, measured, beside the default one (None where that one does not fit)."""

    plan: PlanFile
    default: KernelPlan
    before: Measurement | None
    after: Measurement
    builds: int
    unfit: tuple[tuple[str, str], ...] = ()  # layers with variants that do not fit the board
