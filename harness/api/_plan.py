# SPDX-License-Identifier: Apache-2.0
"""Kernel-plan files as arguments of commands and functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.tune.plan_file import PlanFile


def open_plan(path: str | Path | None) -> PlanFile:
    """Return a kernel-plan file, one that decides nothing where none is given.

    Raises UserError for anything but a plan.
    """
    from harness.tune.plan_file import PlanFile, read_plan

    return PlanFile(layers=()) if path is None else read_plan(Path(path))
