# SPDX-License-Identifier: Apache-2.0
"""Fixtures that all tests share."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

os.environ.pop("HARNESS_STORE", None)  # tests never write into the database of who runs them

# Property tests draw the same examples every time: what fails here fails everywhere, and what passed goes on to pass.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of reference models and baselines; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("the folder of reference models is absent (set HARNESS_SHARED to one that has them)")
    return folder


@pytest.fixture(scope="session")
def shared_models(shared_dir: Path) -> dict[str, Path]:
    """The five reference models by name: kws, ic, vww, ad, sww."""
    return {path.stem: path for path in sorted((shared_dir / "models").glob("*.tflite"))}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of each operator and type were compared with the reference kernels, and where."""
    from harness.testing.operators import CASES

    counts: Counter[tuple[str, str, str]] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == CASES:
                operator, dtype, board, count = value
                counts[operator, dtype, board] += count
    if not counts:
        return
    terminalreporter.section("cases of operators that equal the reference")
    for operator in sorted({operator for operator, _, _ in counts}):
        by_board: dict[str, list[str]] = {}
        for (name, dtype, board), count in counts.items():
            if name == operator:
                by_board.setdefault(board, []).append(f"{dtype} {count}")
        told = "; ".join(f"{board}: {', '.join(found)}" for board, found in by_board.items())
        terminalreporter.line(f"{operator} {told}")
