# SPDX-License-Identifier: Apache-2.0
"""Where a program is found: its variable, the bench file, PATH."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.programs import Program

RENODE = Program(name="renode", variable="HARNESS_RENODE", key="renode", install="Get it.")


def program(folder: Path, name: str = "renode") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine; the file returned is its bench file, which is not there yet."""
    monkeypatch.delenv("HARNESS_RENODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HARNESS_BENCH", str(tmp_path / "bench.toml"))
    return tmp_path / "bench.toml"


def test_the_variable_goes_before_the_bench_file_and_that_before_path(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RENODE.find() is None
    in_path = program(tmp_path / "path")
    assert RENODE.find() == in_path
    of_the_bench = program(tmp_path / "lab")
    bench.write_text(f"[programs]\nrenode = '{of_the_bench}'\n")
    assert RENODE.find() == of_the_bench
    own = program(tmp_path / "own", "renode-1.16")
    monkeypatch.setenv("HARNESS_RENODE", str(own))
    assert RENODE.find() == own


def test_the_folder_of_a_program_names_it_too(bench: Path, tmp_path: Path) -> None:
    there = program(tmp_path / "lab")
    bench.write_text(f"[programs]\nrenode = '{tmp_path / 'lab'}'\n")
    assert RENODE.find() == there


def test_what_the_variable_names_in_vain_is_not_replaced_by_another(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path")
    monkeypatch.setenv("HARNESS_RENODE", str(tmp_path / "gone"))
    assert RENODE.find() is None
    assert RENODE.wanted() == str(tmp_path / "gone")
    assert "HARNESS_RENODE" in RENODE.how_to_get()


@pytest.mark.parametrize(
    "wrong", ["[programs]\nrenod = 'x'\n", "[programs]\nrenode = 1\n", "programs = 1\n", "[programs"]
)
def test_a_wrong_bench_file_is_named(bench: Path, wrong: str) -> None:
    bench.write_text(wrong)
    with pytest.raises(UserError, match=r"bench\.toml"):
        RENODE.find()
