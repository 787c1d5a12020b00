# SPDX-License-Identifier: Apache-2.0
"""What the store does when the process dies, the disk is full, the file is locked, damaged or another version."""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from harness import proc
from harness.errors import StoreError
from harness.records import Artifact, Candidate, Measurement
from harness.store import SCHEMA_VERSION, TrialState, migrations, open_store
from tests.conftest import ROOT
from tests.store import examples


def child(*arguments: str) -> list[str]:
    """Return the command that runs a role of ``tests.store.children``."""
    return [sys.executable, "-m", "tests.store.children", *arguments]


def integrity(folder: Path) -> str:
    """Return what SQLite says of a store's file: "ok" where it is whole."""
    connection = sqlite3.connect(folder / "harness.db")
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    children = [proc.start(child("write-trials", str(tmp_path / "r"), name), cwd=ROOT) for name in ("a", "b")]
    try:
        outputs = [process.communicate(timeout=60)[0].decode() for process in children]
        assert [process.returncode for process in children] == [0, 0], outputs
    finally:
        for process in children:
            proc.stop(process)
    with open_store(tmp_path / "r") as store:
        for name in ("a", "b"):
            assert [trial.state for trial in store.trials(name)] == [TrialState.COMPLETE] * 20
            assert len(store.measurements(name)) == len(store.failures(name)) == 20
    assert integrity(tmp_path / "r") == "ok"


def test_kill_9_in_the_middle_of_writing_leaves_a_consistent_store(tmp_path: Path) -> None:
    pause = random.Random(7)
    for round_number in range(4):
        study = f"round {round_number}"
        process = proc.start(child("write-without-end", str(tmp_path), study), cwd=ROOT)
        try:
            assert process.stdout is not None
            promised = [int(process.stdout.readline()) for _ in range(3)]
            time.sleep(pause.uniform(0, 0.05))  # anywhere in the work of a trial
            process.kill()
            promised += [int(line) for line in process.stdout.read().splitlines()]
        finally:
            proc.stop(process)
        with open_store(tmp_path) as store:
            complete = store.trials(study, TrialState.COMPLETE)
            assert {trial.number for trial in complete} >= set(promised)
            assert len(store.trials(study, TrialState.RUNNING)) <= 1
            for trial in complete:
                artifact = store.artifact_of(trial.candidate_key)
                assert artifact is not None
                assert store.get_blob(artifact.sha256, verify=True).stat().st_size == artifact.size_bytes
                assert all(store.get(Measurement, key) is not None for key in trial.results)
        assert integrity(tmp_path) == "ok"
    whole = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file() and not path.name.startswith(".")]
    with open_store(tmp_path) as store:
        for path in whole:
            assert store.get_blob(path.name, verify=True) == path


@pytest.mark.parametrize("what", ["rows", "blobs"])
def test_a_full_disk_is_a_store_error_and_leaves_nothing_half_written(tmp_path: Path, what: str) -> None:
    finished = proc.run(child("fill-disk", str(tmp_path), what), cwd=ROOT, timeout_seconds=60)
    assert finished.exit_code == 0, finished.output
    number = int(finished.output.split()[0])
    assert number > 0
    assert "--results DIR" in finished.output
    with open_store(tmp_path) as store:
        if what == "rows":
            for batch in range(number + 1):
                present = [
                    store.get(Measurement, examples.measurement(1000 * batch + each).id) is not None
                    for each in range(20)
                ]
                assert present == [batch < number] * 20
            assert integrity(tmp_path) == "ok"
            store.put(examples.candidate())
        else:
            files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
            assert len(files) == number
            assert all(store.get_blob(path.name, verify=True) for path in files)


def test_a_folder_that_may_not_be_written_can_be_read_and_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with open_store(folder) as store:
        store.put(examples.candidate())
    (folder / "harness.db").chmod(0o444)
    folder.chmod(0o555)
    try:
        finished = proc.run(child("use-read-only", str(folder)), cwd=ROOT, timeout_seconds=60)
    finally:
        folder.chmod(0o755)
    assert finished.exit_code == 0, finished.output
    assert "read True" in finished.output
    assert finished.output.count("refused") == 2
    assert finished.output.count("writable") == 2
    assert sorted(path.name for path in folder.iterdir()) == ["harness.db"]


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with open_store(tmp_path / "file" / "results") as store:
        with pytest.raises(StoreError, match="--results DIR"):
            store.put(examples.candidate())
        with pytest.raises(StoreError, match="--results DIR"):
            store.put_blob(b"x")


def test_a_database_locked_for_longer_than_the_timeout_is_a_store_error(tmp_path: Path) -> None:
    with open_store(tmp_path, busy_seconds=0.1) as store:
        store.put(examples.candidate())
        holder = sqlite3.connect(tmp_path / "harness.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked") as caught:
            store.put(examples.candidate(1))
        assert "wait" in caught.value.hint
        assert store.get(Candidate, examples.candidate().key) == examples.candidate()  # readers do not wait
        holder.execute("ROLLBACK")
        holder.close()
        store.put(examples.candidate(1))


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "filled"])
def test_a_database_locked_for_a_while_is_waited_for(tmp_path: Path, fresh: bool) -> None:
    with open_store(tmp_path, busy_seconds=30) as store:
        if not fresh:
            store.put(examples.candidate(1))
        holder = sqlite3.connect(tmp_path / "harness.db", isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.3, holder.execute, ["ROLLBACK"])
        release.start()
        try:
            store.put(examples.candidate())
        finally:
            release.join()
            holder.close()
        assert store.get(Candidate, examples.candidate().key) == examples.candidate()


def test_what_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "harness.db").write_bytes(b"this is no database, although it is long enough" * 200)
    with open_store(tmp_path) as store:
        with pytest.raises(StoreError, match="not a database") as caught:
            store.studies()
        with pytest.raises(StoreError, match="not a database"):
            store.put(examples.candidate())
    assert "move it away" in caught.value.hint


def test_a_database_with_a_hole_is_a_store_error(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(*(examples.measurement(number) for number in range(100)))
    damaged = bytearray((tmp_path / "harness.db").read_bytes())
    damaged[8192:-4096] = b"\xaa" * len(damaged[8192:-4096])
    (tmp_path / "harness.db").write_bytes(damaged)
    with open_store(tmp_path) as store, pytest.raises(StoreError, match="malformed"):
        [store.get(Measurement, examples.measurement(number).id) for number in range(100)]


def test_a_record_that_cannot_be_read_is_a_store_error(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(examples.candidate())
        connection = sqlite3.connect(tmp_path / "harness.db")
        connection.execute("UPDATE candidates SET record = '{}'")
        connection.commit()
        connection.close()
        with pytest.raises(StoreError, match="a candidate in the store cannot be read"):
            store.get(Candidate, examples.candidate().key)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "harness.db")
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    with open_store(tmp_path) as store:
        with pytest.raises(StoreError, match="not the harness's"):
            store.studies()
        with pytest.raises(StoreError, match="not the harness's"):
            store.put(examples.candidate())


@pytest.mark.parametrize(("version", "words"), [(SCHEMA_VERSION + 1, "a newer mcu-harness"), (0, "an older")])
def test_a_store_of_another_schema_version_says_which(tmp_path: Path, version: int, words: str) -> None:
    with open_store(tmp_path) as store:
        store.put(examples.candidate())
    connection = sqlite3.connect(tmp_path / "harness.db")
    connection.execute("UPDATE schema_version SET version = ?", [version])
    connection.commit()
    connection.close()
    with open_store(tmp_path) as store:
        with pytest.raises(StoreError, match=f"has version {version}") as read:
            store.studies()
        with pytest.raises(StoreError, match=f"has version {version}"):
            store.put(examples.candidate(1))
    assert words in read.value.hint


def test_migrations_run_in_order_and_leave_the_new_version() -> None:
    def add_column(name: str) -> migrations.Step:
        def step(connection: Connection) -> None:
            connection.execute(text(f"ALTER TABLE studies ADD COLUMN {name} TEXT"))

        return step

    engine = create_engine("sqlite://")
    steps = {SCHEMA_VERSION: add_column("first"), SCHEMA_VERSION + 1: add_column("second")}
    with engine.begin() as connection:
        migrations.create(connection)
        migrations.migrate(connection, SCHEMA_VERSION, steps, SCHEMA_VERSION + 2)
        assert migrations.stored_version(connection) == SCHEMA_VERSION + 2
        columns = [row.name for row in connection.execute(text("PRAGMA table_info(studies)"))]
        assert columns[-2:] == ["first", "second"]
    engine.dispose()


def test_a_store_of_the_first_version_gets_a_place_for_final_checks_and_keeps_what_it_has(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.create_study("old", {"seed": 1})
        store.put(examples.candidate())
    connection = sqlite3.connect(tmp_path / "harness.db")
    connection.executescript(
        "DROP TABLE finals; DROP TABLE runners; DROP TABLE claims; UPDATE schema_version SET version = 1;"
    )
    connection.close()
    with open_store(tmp_path) as store:
        assert store.finals("old") == ()
        store.put_final("old", 3, 7, {"test": 0.5})
        assert store.finals("old") == ({"test": 0.5},)
        assert (store.study("old").config, store.get(Candidate, examples.candidate().key)) == (
            {"seed": 1},
            examples.candidate(),
        )


def test_a_step_is_missing_only_where_it_is_needed() -> None:
    with pytest.raises(StoreError, match="too old"):
        migrations.check_version("here", 1, {2: lambda _: None}, 3)
    migrations.check_version("here", 2, {2: lambda _: None}, 3)


def test_bytes_that_are_no_text_in_a_name_are_a_store_error(tmp_path: Path) -> None:
    wrong = Artifact(sha256=examples.digest("x"), name="m\udcff.tflite", size_bytes=1)
    with open_store(tmp_path) as store, pytest.raises(StoreError, match="Unicode"):
        store.put(wrong)
