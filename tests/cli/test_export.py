# SPDX-License-Identifier: Apache-2.0
"""``harness export``: what the table of a study looks like outside."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from harness.cli import app
from harness.report.table import study_table
from harness.store import open_store
from tests.report import synthetic


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    with open_store(folder) as store:
        synthetic.fill(store)
    return folder


@pytest.fixture(scope="module")
def wanted(results: Path) -> pd.DataFrame:
    with open_store(results) as store:
        return study_table(store, synthetic.STUDY)


def export(results: Path, *arguments: str) -> int:
    return app.run(["export", synthetic.STUDY, "--results", str(results), *arguments])


def test_csv_goes_to_standard_output_and_nothing_else_does(
    results: Path, wanted: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(results) == 0
    printed = capsys.readouterr()
    read = pd.read_csv(StringIO(printed.out))
    assert list(read.columns) == list(wanted.columns)
    assert list(read["instructions"].dropna()) == list(wanted["instructions"].dropna())
    assert printed.err == ""


def test_a_file_gets_what_standard_output_would(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(results, "--csv", "-o", str(tmp_path / "t.csv")) == 0
    assert capsys.readouterr().out == ""
    assert export(results, "--csv") == 0
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == capsys.readouterr().out


def test_parquet_keeps_the_table(results: Path, wanted: pd.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed, by which pandas writes Parquet")
    assert export(results, "--parquet", "-o", str(tmp_path / "t.parquet")) == 0
    read = pd.read_parquet(tmp_path / "t.parquet")
    assert list(read.columns) == list(wanted.columns)
    assert len(read) == len(wanted)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--csv", "--parquet"], "two formats"),
        (["--parquet"], "no text for a terminal"),
        (["-o", "/no/such/folder/t.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_said(
    arguments: list[str], says: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(results, *arguments) == 2
    assert says in capsys.readouterr().err


def test_without_the_package_for_parquet_it_is_named(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, name, None)
    assert export(results, "--parquet", "-o", str(tmp_path / "t.parquet")) == 2
    assert "pip install pyarrow" in capsys.readouterr().err


def test_an_unknown_study_is_refused(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["export", "none", "--results", str(results)]) == 2
    assert "none" in capsys.readouterr().err
