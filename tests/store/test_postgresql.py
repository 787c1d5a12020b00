# SPDX-License-Identifier: Apache-2.0
"""What differs where the store lies in PostgreSQL; all else, both databases are tested for alike."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness import proc
from harness.cli import app
from harness.errors import StoreError, UserError
from harness.records import Candidate
from harness.store import SCHEMA_VERSION, TrialState, open_store
from tests.conftest import ROOT
from tests.store import examples
from tests.store.postgresql import Server

UNREACHABLE = "postgresql://harness@/postgres?host=/nowhere"


def child(*arguments: str) -> proc.Child:
    return proc.start([sys.executable, "-m", "tests.store.children", *arguments], cwd=ROOT)


def test_processes_that_write_at_once_from_an_empty_database_on_lose_nothing(
    postgresql: Server, tmp_path: Path
) -> None:
    place, names = postgresql.new_database(), ("a", "b")
    children = [child("write-trials", place, name, str(tmp_path)) for name in names]
    try:
        outputs = [process.communicate(timeout=90)[0].decode() for process in children]
        assert [process.returncode for process in children] == [0, 0], outputs
    finally:
        for process in children:
            proc.stop(process)
    with open_store(place) as store:
        for name in names:
            assert [trial.state for trial in store.trials(name)] == [TrialState.COMPLETE] * 20
            assert len(store.measurements(name)) == len(store.failures(name)) == 20


def test_kill_9_in_the_middle_of_writing_leaves_whole_trials(postgresql: Server, tmp_path: Path) -> None:
    place = postgresql.new_database()
    process = child("write-without-end", place, "s", str(tmp_path))
    try:
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(3)]
        process.kill()
        promised += [int(line) for line in process.stdout.read().splitlines()]
    finally:
        proc.stop(process)
    with open_store(place) as store:
        complete = store.trials("s", TrialState.COMPLETE)
        assert {trial.number for trial in complete} >= set(promised)
        assert len(store.trials("s", TrialState.RUNNING)) <= 1
        assert len(store.measurements("s")) == len(complete)


def test_a_writer_waits_for_its_turn_and_then_says_that_it_did(postgresql: Server) -> None:
    place = postgresql.new_database()
    with open_store(place, busy_seconds=0.2) as store, open_store(place) as holder, open_store(place) as patient:
        store.put(examples.candidate())
        with holder._database.writing():  # an open transaction, as of a process that is stopped in it
            with pytest.raises(StoreError, match="lock timeout") as caught:
                store.put(examples.candidate(1))
            assert store.get(Candidate, examples.candidate().key) == examples.candidate()  # readers do not wait
            waiting = threading.Thread(target=patient.put, args=[examples.candidate(1)])
            waiting.start()
        waiting.join(timeout=30)
        assert store.get(Candidate, examples.candidate(1).key) == examples.candidate(1)
    assert "wait" in caught.value.hint


def test_a_server_that_was_started_anew_is_found_again(postgresql: Server) -> None:
    place = postgresql.new_database()
    with open_store(place) as store:
        store.put(examples.candidate())
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'harness' AND pid <> pg_backend_pid()"
        )
        assert store.get(Candidate, examples.candidate().key) == examples.candidate()
        store.put(examples.candidate(1))


def test_a_server_that_is_not_there_is_a_store_error_without_a_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    place = UNREACHABLE.replace("harness@", "harness:geheim@")
    with open_store(place, blobs=tmp_path) as store, pytest.raises(StoreError, match="/nowhere") as caught:
        store.studies()
    assert "Start the server" in caught.value.hint
    assert "geheim" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(postgresql: Server) -> None:
    place = postgresql.url.replace("/postgres?", "/missing?")
    with open_store(place) as store, pytest.raises(StoreError, match='"missing" does not exist') as caught:
        store.put(examples.candidate())
    assert "createdb" in caught.value.hint


def test_tables_of_another_program_are_left_alone(postgresql: Server) -> None:
    place = postgresql.new_database()
    engine = create_engine(place.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (a INTEGER)"))
    engine.dispose()
    with open_store(place) as store, pytest.raises(StoreError, match="not the harness's"):
        store.put(examples.candidate())


def test_a_store_of_another_schema_version_says_which(postgresql: Server) -> None:
    place = postgresql.new_database()
    with open_store(place) as store:
        store.put(examples.candidate())
        with store._database.writing() as connection:
            connection.execute(text(f"UPDATE schema_version SET version = {SCHEMA_VERSION + 1}"))
    with open_store(place) as store, pytest.raises(StoreError, match=f"has version {SCHEMA_VERSION + 1}"):
        store.studies()


def test_without_psycopg_the_store_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where it is not installed
    with open_store(UNREACHABLE, blobs=tmp_path) as store, pytest.raises(StoreError, match="psycopg") as caught:
        store.studies()
    assert "mcu-harness[postgresql]" in caught.value.hint


@pytest.mark.parametrize(("url", "said"), [("postgres//x:geheim@y://", "cannot be read"), ("mysql://a/b", "mysql")])
def test_a_url_of_no_database_of_ours_is_refused(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said) as caught:
        open_store(url, blobs=tmp_path)
    assert "geheim" not in str(caught.value)


def test_harness_store_is_the_database_of_every_command(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARNESS_STORE", postgresql.new_database())
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    with open_store(tmp_path / "results") as store:
        store.put(examples.candidate())
        sha256 = store.put_blob(b"model")
    assert app.run(["show", examples.candidate().key[:12]]) == 0
    assert examples.candidate().family in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "results").rglob("*") if path.is_file()] == [sha256]
