# SPDX-License-Identifier: Apache-2.0
"""The command line as a whole: version, help, errors and their exit codes."""

from __future__ import annotations

import errno
import os
import sys

import pytest

import harness
from harness import proc
from harness.cli import app
from harness.errors import NoBoard, UserError, did_you_mean, worst_exit_code


def caused_by(cause: BaseException, error: Exception) -> Exception:
    error.__cause__ = cause
    return error


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--version"]) == 0
    assert capsys.readouterr().out == f"harness {harness.__version__}\n"


def test_the_package_runs_as_a_module() -> None:
    ended = proc.run([sys.executable, "-m", "harness", "--version"], timeout_seconds=60)
    assert (ended.exit_code, ended.output) == (0, f"harness {harness.__version__}\n")


@pytest.mark.parametrize("arguments", [["bnch"], ["bench"], ["bench", "--nonsense", "x.tflite"]])
def test_a_wrong_command_line_is_a_users_mistake(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(arguments) == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (NoBoard("no board here", hint="connect one", log="last words"), 7, "connect one"),
        (UserError("not so"), 2, "not so"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (caused_by(KeyboardInterrupt(), ImportError("initialization failed")), 130, "Interrupted."),
        (ZeroDivisionError("a mistake of ours"), 70, "bug in the harness"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "the output cannot be written: No space left on device"),
    ],
)
def test_every_error_ends_in_its_exit_code(
    raised: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise raised

    monkeypatch.setattr("harness.settings.results_dir", fail)
    assert app.run(["show", "0123"]) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert ("Traceback" in printed) == (code == 70)


def test_the_worst_outcome_decides_the_exit_code() -> None:
    assert worst_exit_code([]) == 0
    assert worst_exit_code([0, 8]) == 8
    assert worst_exit_code([1, 8, 0]) == 1
    assert worst_exit_code([1, 2]) == 2
    assert worst_exit_code([2, 3, 1]) == 3
    assert worst_exit_code([5, 4, 2]) == 5
    assert worst_exit_code([70, 7]) == 70


def test_an_output_that_was_closed_or_lacks_our_signs_is_no_bug() -> None:
    ended = proc.run(["sh", "-c", f"{sys.executable} -m harness boards list >&-"], timeout_seconds=60)
    assert (ended.exit_code, ended.output) == (0, "")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]}
    ended = proc.run([sys.executable, "-m", "harness", "doctor"], timeout_seconds=60, env=ascii_only)
    assert ended.exit_code in (0, 3), ended.output
    assert "Traceback" not in ended.output


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert did_you_mean("MPS2_AN386", ["microbit", "mps2_an386"]).startswith("Did you mean 'mps2_an386'?")
