# SPDX-License-Identifier: Apache-2.0
"""Finding a program of which a machine may have several: its variable, else the bench file, else PATH.

The bench file belongs to the lab, not to a project: it says what hangs on this machine, and where its programs lie.
"""

from __future__ import annotations

import functools
import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from harness import settings
from harness.errors import UserError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program: its name in PATH, the variable that replaces it, its key in the bench file's ``[programs]``."""

    name: str
    variable: str
    key: str
    install: str  # what to do where it is missing

    def find(self) -> Path | None:
        """Return its path, or None where it is not installed. Raises UserError for a bench file that is wrong.

        The variable and the bench file may name the program, or the folder in which it lies.
        """
        wanted = self.wanted()
        if "/" in wanted and (Path(wanted).expanduser() / self.name).is_file():
            wanted = f"{wanted}/{self.name}"
        found = shutil.which(Path(wanted).expanduser() if "/" in wanted else wanted)
        return Path(found).absolute() if found else None

    def wanted(self) -> str:
        """Return what is looked for: a name, or the path that the variable or the bench file gives."""
        return os.environ.get(self.variable) or _of_the_bench().get(self.key) or self.name

    def how_to_get(self) -> str:
        """Return what to do where it is missing, in a sentence or two."""
        return f"{self.install} Or say where it lies: {self.variable}, or {self.key!r} in [programs] of the bench file."


KEYS = ("qemu_arm", "qemu_riscv32", "qemu_xtensa", "qemu_espressif", "renode", "chromium")


def _of_the_bench() -> dict[str, str]:
    path = settings.bench_file()
    return _programs_in(path, path.stat().st_mtime_ns) if path.is_file() else {}


@functools.cache
def _programs_in(path: Path, changed: int) -> dict[str, str]:
    del changed  # it is read again where it is another one now
    try:
        programs = tomllib.loads(path.read_text(encoding="utf-8")).get("programs", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"the bench file {path} cannot be read: {error}") from error
    if not isinstance(programs, dict) or not all(isinstance(place, str) for place in programs.values()):
        raise UserError(f"{path}: [programs] is a table of paths", hint='For example: renode = "/opt/renode/renode"')
    for key in programs:
        if key not in KEYS:
            raise UserError(f"{path}: no program {key!r} is looked for in [programs]", hint=did_you_mean(key, KEYS))
    return programs
