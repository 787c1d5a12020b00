# SPDX-License-Identifier: Apache-2.0
"""What other processes do to a store in the tests: ``python -m tests.store.children ROLE PLACE [ARGUMENT [BLOBS]]``."""

from __future__ import annotations

import ctypes
import hashlib
import resource
import sqlite3
import sys
from pathlib import Path

from harness.errors import StoreError
from harness.records import Artifact
from harness.store import TrialState, open_store
from tests.store import examples

_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h


def write_without_end(place: str, argument: str, blobs: Path | None) -> None:
    """Put blobs, records and trials for ever; print the number of each trial that is safely stored."""
    with open_store(place, blobs=blobs) as store:
        store.create_study(argument, {})
        number = 0
        while True:
            store.claim_trial(argument, number, examples.candidate(number), examples.RUNNER)
            model = hashlib.shake_256(str(number).encode()).digest(200_000)
            sha256 = store.put_blob(model)
            store.put(
                Artifact(sha256=sha256, name="m", size_bytes=len(model), candidate_key=examples.candidate(number).key),
                examples.measurement(number),
            )
            store.finish_trial(
                argument,
                number,
                TrialState.COMPLETE,
                {},
                results=[examples.measurement(number).id],
                runner=examples.RUNNER,
            )
            print(number, flush=True)
            number += 1


def write_trials(place: str, argument: str, blobs: Path | None) -> None:
    """Write a study of twenty trials, at once with others that do the same, from an empty folder on."""
    with open_store(place, blobs=blobs) as store:
        store.create_study(argument, {})
        for number in range(20):
            store.claim_trial(argument, number, examples.candidate(number), examples.RUNNER)
            store.put(examples.measurement(number), examples.failure(number))
            store.put_blob(f"blob {number}".encode())
            results = [examples.measurement(number).id, examples.failure(number).id]
            store.finish_trial(argument, number, TrialState.COMPLETE, {}, results=results, runner=examples.RUNNER)


def fill_disk(place: str, argument: str, blobs: Path | None) -> None:
    """Write rows or blobs until no file may grow any more, as on a full disk; print the error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    with open_store(place, blobs=blobs) as store:
        for number in range(10_000):
            try:
                if argument == "blobs":
                    store.put_blob(bytes([number]) * (100_000 * (number + 1)))
                else:
                    store.put(*(examples.measurement(1000 * number + each) for each in range(20)))
            except StoreError as error:
                print(number, error)
                return


def use_read_only(place: str, argument: str, blobs: Path | None) -> None:
    """Use a store in a folder without the right to write; print what was read and the errors."""
    _drop_privileges()
    with open_store(place, blobs=blobs) as store:
        print("read", store.get(type(examples.candidate()), examples.candidate().key) is not None)
        for action in (lambda: store.put(examples.candidate(5)), lambda: store.put_blob(b"new")):
            try:
                action()
            except StoreError as error:
                print("refused", error)


def _drop_privileges() -> None:
    """Give up root's power to write everywhere (capset(2) with all sets empty)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, data):
        raise OSError(ctypes.get_errno(), "capset")


def hold_lock(place: str, argument: str, blobs: Path | None) -> None:
    """Hold the lock for writing of a store in SQLite until standard input ends; print when it is held."""
    connection = sqlite3.connect(Path(place) / "harness.db", isolation_level=None, timeout=60)
    connection.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    sys.stdin.read()


ROLES = {
    "hold-lock": hold_lock,
    "write-without-end": write_without_end,
    "write-trials": write_trials,
    "fill-disk": fill_disk,
    "use-read-only": use_read_only,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](sys.argv[2], "".join(sys.argv[3:4]), Path(sys.argv[4]) if sys.argv[4:] else None)
