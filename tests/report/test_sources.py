# SPDX-License-Identifier: Apache-2.0
"""What ``harness report`` takes: ids of any record, and files of ``harness bench --json``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.app import run
from harness.errors import UserError
from harness.report import find_results
from harness.store import Store, open_store
from tests.report import synthetic
from tests.store import examples


def test_every_record_leads_to_its_newest_measurements(store: Store) -> None:
    trial = store.trials(synthetic.STUDY)[1]
    assert len(trial.results) == len(synthetic.BOARDS)
    artifact = store.artifacts_of([trial.candidate_key])[trial.candidate_key]
    for identity in (trial.candidate_key, artifact.sha256):
        assert set(find_results([identity[:16]], store)) == set(trial.results)
    assert find_results([trial.results[0], trial.results[0][:20]], store) == (trial.results[0],)


def test_the_newer_of_two_measurements_of_one_image_on_one_rig_counts(tmp_path: Path) -> None:
    first = examples.measurement(1)
    again = replace(first, id="e" * 32, time="2999-01-01T00:00:00+00:00")
    with open_store(tmp_path) as store:
        store.put(examples.artifact(1), examples.deployment(1), examples.firmware(1), again, first)
        assert find_results([examples.artifact(1).sha256], store) == (again.id,)
        assert find_results([first.id], store) == (first.id,)


def test_a_candidate_that_failed_leads_to_its_failure(store: Store) -> None:
    trial = store.trials(synthetic.STUDY)[8]
    assert find_results([trial.candidate_key], store) == trial.results


def test_a_file_of_a_bench_leads_to_its_measurements(store: Store, tmp_path: Path) -> None:
    ids = [found.id for found in store.measurements(synthetic.STUDY)[:2]]
    path = tmp_path / "bench.json"
    results = [{"measurement": ids[0]}, {"failure": {"kind": "BuildError"}}, {"measurement": ids[1]}]
    path.write_text(json.dumps({"schema": 1, "results": results}))
    assert find_results([str(path)], store) == tuple(ids)
    path.write_text("[1]")
    with pytest.raises(UserError, match="is not what harness bench --json prints"):
        find_results([str(path)], store)
    with pytest.raises(UserError, match="cannot be read"):
        find_results([str(tmp_path / "absent.json")], store)


def test_what_is_not_there_and_what_was_never_measured_is_told(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(examples.candidate(1))
        with pytest.raises(UserError, match="there is no record 'abc'"):
            find_results(["abc"], store)
        with pytest.raises(UserError, match="has neither a measurement nor a failure"):
            find_results([examples.candidate(1).key], store)


def test_the_command_writes_the_page_of_a_candidate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(tmp_path / "results") as store:
        synthetic.fill(store, trials=3)
        candidate = store.trials(synthetic.STUDY)[0].candidate_key
    assert run(["report", candidate[:12], "--results", str(tmp_path / "results"), "-o", str(tmp_path / "c.html")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text()
    assert candidate in page
    for board in synthetic.BOARDS:
        assert f"On {board}" in page
    assert f"harness deploy {candidate[:12]}" not in page  # the made-up study has no model's file to write


def test_watching_a_study_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", "nothing", "--results", str(tmp_path)]) == 2
    assert "there is no study 'nothing'" in capsys.readouterr().err
