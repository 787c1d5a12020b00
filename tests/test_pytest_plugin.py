# SPDX-License-Identifier: Apache-2.0
"""The plugin of pytest as a firmware team uses it: limits on a model in tests of their own."""

from __future__ import annotations

import inspect

import pytest

import harness
from harness.pytest_plugin import HarnessBench
from tests.conftest import ROOT

pytest_plugins = ["pytester"]
PLUGIN = ("-p", "harness.pytest_plugin")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with a model and no results of its own."""
    monkeypatch.delenv("HARNESS_RESULTS", raising=False)
    (pytester.path / "models").mkdir()
    (pytester.path / "models" / "digits.tflite").write_bytes((ROOT / "examples" / "digits.tflite").read_bytes())
    return pytester


def test_limits_hold_or_break_and_the_figures_are_printed(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        import harness

        def test_ram(harness_bench):
            result = harness_bench("models/digits.tflite", board="mps2_an386")
            assert result.verified
            assert result.ram.total_bytes < 32768

        def test_instructions(harness_bench):
            result = harness_bench("models/digits.tflite", board="mps2_an386")
            assert result.cached
            assert result.instructions < 100

        def test_errors(harness_bench):
            with pytest.raises(harness.errors.NoBoard):
                harness_bench("models/digits.tflite", board="esp32")
        """
    )
    ended = project.runpytest_subprocess(*PLUGIN, timeout=120)
    ended.assert_outcomes(passed=2, failed=1)
    ended.stdout.fnmatch_lines(["*assert * < 100", "*= models on boards =*"])
    figures = [line for line in ended.outlines if line.startswith("models/digits.tflite on mps2_an386: ")]
    assert len(figures) == 1
    assert " instructions, RAM " in figures[0]
    assert (project.path / ".pytest_cache" / "d" / "harness" / "harness.db").is_file()
    assert not (project.path / "results").exists()


def test_nothing_is_imported_before_a_bench_whose_failure_shows_the_line_of_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_nothing():
            assert [name for name in sys.modules if name.startswith("harness.")] == ["harness.pytest_plugin"]

        def test_ram(harness_bench):
            harness_bench("models/none.tflite", board="host")
        """
    )
    ended = project.runpytest_subprocess(*PLUGIN, "-p", "no:cacheprovider", timeout=120)
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["*models/none.tflite cannot be read*"])
    assert not [line for line in ended.outlines if "_bench.py" in line]
    assert "models on boards" not in ended.stdout.str()


def test_the_fixture_takes_what_a_bench_takes() -> None:
    wanted = dict(inspect.signature(harness.bench).parameters)
    del wanted["results"], wanted["progress"]
    given = dict(inspect.signature(HarnessBench.__call__).parameters)
    del given["self"]
    assert [str(each) for each in given.values()] == [str(each) for each in wanted.values()]
