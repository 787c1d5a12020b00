# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest: the fixture ``harness_bench``, with which a test puts limits on what a model costs on a board.

    def test_the_model_fits(harness_bench):
        result = harness_bench("model.tflite", board="mps2_an386")
        assert result.ram.total_bytes < 32768

It comes with the package; ``-p no:harness.pytest_plugin`` leaves it out. Every pytest imports this module, so that it
imports the harness only when a test benches.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness import BenchResult

_benched = pytest.StashKey[list[str]]()


class HarnessBench(Protocol):
    """What the fixture is: ``harness.bench``, with paths relative to pytest's rootdir."""

    def __call__(
        self,
        model: str | Path | bytes,
        *,
        board: str = "mps2_an386",
        runtime: str = "codegen",
        optimize: str = "speed",
        plan: str | Path | None = None,
        tflm_lib: str | Path | None = None,
        data: str | None = None,
        estimate: bool = False,
        port: str | None = None,
        samples: int = 10,
        inputs: Sequence[NDArray[np.generic]] | None = None,
        outputs: bool = False,
        out: str | Path | None = None,
        cache: bool = True,
    ) -> BenchResult: ...


@pytest.fixture(scope="session")
def harness_bench(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> HarnessBench:
    """Measure and verify a model on a board; the result has the names of ``harness bench --json``.

    A path of a model, or of a board's file, is relative to pytest's rootdir. What was counted before is answered from
    pytest's cache folder, or from HARNESS_RESULTS where it is set. Raises what ``harness.bench`` raises.
    """
    results = _results(pytestconfig, tmp_path_factory)
    root = pytestconfig.rootpath
    lines = pytestconfig.stash.setdefault(_benched, [])

    def bench(model: str | Path | bytes, *, board: str = "mps2_an386", **options: Any) -> BenchResult:
        __tracebackhide__ = True
        import harness

        where = model if isinstance(model, bytes) else root / model
        machine = str(root / board) if board.endswith(".toml") else board
        try:
            found = harness.bench(where, board=machine, results=results, **options)
        except harness.errors.HarnessError as error:
            raise error.with_traceback(None) from None
        lines.append(_line("model" if isinstance(model, bytes) else str(model), board, found))
        return found

    return bench


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures of what the tests benched."""
    lines = config.stash.get(_benched, [])
    if lines:
        terminalreporter.section("models on boards")
        for line in dict.fromkeys(lines):
            terminalreporter.write_line(line)


def _results(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    if named := os.environ.get("HARNESS_RESULTS"):
        return Path(named).absolute()
    cache = getattr(config, "cache", None)  # absent with -p no:cacheprovider
    return factory.mktemp("harness") if cache is None else Path(cache.mkdir("harness"))


def _line(model: str, board: str, found: BenchResult) -> str:
    latency = found.latency_us
    timed = f"{found.instructions:,} instructions" if found.instructions is not None else "not counted"
    if latency is not None:
        timed += f", {latency.value:,.1f} us ({latency.how.value})"
    return f"{model} on {board}: {timed}, RAM {found.ram.total_bytes:,} B, flash {found.flash.total_bytes:,} B"
