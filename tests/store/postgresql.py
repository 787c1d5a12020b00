# SPDX-License-Identifier: Apache-2.0
"""A server of PostgreSQL for the tests: from Debian's package, in a folder of its own, reached by its socket alone."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness import proc

_SECONDS = 120.0
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB", "max_connections=40")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; each test has a schema of its own in its one database."""

    socket: Path
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        return f"postgresql://harness@/postgres?host={self.socket}"

    def new_database(self) -> str:
        """Return the URL of a place where there is nothing yet."""
        name = f"test_{next(self.numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server and stop it at the end; skips, with the reason, where it cannot be started here."""
    programs = _programs()
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'mcu-harness[postgresql]'")
    folder = Path(tempfile.mkdtemp(prefix="harness-pg-"))
    user = _unprivileged()
    try:
        if user:
            shutil.chown(folder, *user)
        _call(
            user, programs / "initdb", "--no-sync", "--auth=trust", "--username=harness", "-E", "UTF8", folder / "data"
        )
        with _started(user, programs, folder):
            yield Server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(user: tuple[str, str] | None, programs: Path, folder: Path) -> Iterator[None]:
    """Run a server as a child: one that pg_ctl starts would outlive tests that are killed."""
    settings = [f"-c{each}" for each in (*_QUICK, f"unix_socket_directories={folder}", "listen_addresses=")]
    with (folder / "log").open("wb") as log:
        server = proc.start(
            [*_as(user), str(programs / "postgres"), "-D", str(folder / "data"), *settings],
            cwd=folder,
            stdout=log.fileno(),
        )
    try:
        deadline = time.monotonic() + _SECONDS
        while proc.run([str(programs / "pg_isready"), "-q", "-h", str(folder)], timeout_seconds=_SECONDS).exit_code:
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        if server.poll() is None:
            os.kill(server.pid, signal.SIGQUIT)  # at once, whoever is connected
            proc.ended_within(server, _SECONDS)
        proc.stop(server)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        pytest.skip("no server of PostgreSQL is installed: apt-get install postgresql")
    return found[-1].parent


def _unprivileged() -> tuple[str, str] | None:
    """Return the user and group to run the server as, which root must not: None for who is not root."""
    return ("nobody", "nogroup") if os.geteuid() == 0 else None


def _as(user: tuple[str, str] | None) -> list[str]:
    """Return what runs a command as a user, and ends it with its parent: a change of users loses that."""
    if user is None:
        return []
    return ["setpriv", f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups", "--pdeathsig=QUIT"]


def _call(user: tuple[str, str] | None, *command: object) -> None:
    ended = proc.run([*_as(user), *map(str, command)], timeout_seconds=_SECONDS, cwd=Path("/"))
    assert ended.exit_code == 0, ended.output
