# SPDX-License-Identifier: Apache-2.0
"""The table of dependencies, and which of them are on this machine.

Nothing here needs a third-party package: it must work where they are missing, and `make install` calls it before any
is installed.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from harness import proc, settings
from harness.errors import ToolError
from harness.programs import Program

Source = Literal["debian", "python", "platformio", "maker"]

_TABLE = Path(__file__).with_name("dependencies.toml")
_CHECKOUT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 20.0
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A program, library or Python package. Exactly one of the ways to find it is set."""

    name: str
    needed_for: str
    program: str | None = None
    variable: str | None = None  # that says where the program lies
    key: str | None = None  # of the program in the bench file
    get: str = ""  # where its maker has it, and which versions were tried
    board: str | None = None  # whose first emulator it is
    compiler: str | None = None
    file: str | None = None
    distribution: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Dependencies that are installed in one way, and for one purpose."""

    title: str
    required: bool
    source: Source
    dependencies: tuple[Dependency, ...]
    extra: str = ""  # of the distribution mcu-harness

    def install_command(self, names: tuple[str, ...]) -> str:
        """Return the command that installs ``names`` of this group."""
        match self.source:
            case "debian":
                prefix = "" if os.geteuid() == 0 else "sudo "
                return f"{prefix}apt-get install {' '.join(names)}"
            case "maker":
                return "; ".join(item.get for item in self.dependencies if item.name in names)
            case "platformio":
                core = settings.cache_dir() / "platformio"
                platforms = " ".join(f"--platform {name}" for name in names)
                return f"PLATFORMIO_CORE_DIR={core} pio pkg install --global {platforms}"
            case "python" if (_CHECKOUT / "Makefile").is_file():
                return "make install"
            case "python":
                what = f"mcu-harness[{self.extra}]" if self.extra else "mcu-harness"
                return f"pip install '{what}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether a dependency is here. ``version`` is empty where it has none that could be asked for."""

    dependency: Dependency
    found: bool
    version: str = ""


def load_groups(path: Path = _TABLE) -> tuple[Group, ...]:
    """Read the table of dependencies; an unknown key is a TypeError."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["groups"]
    return tuple(
        Group(**{**group, "dependencies": tuple(Dependency(**facts) for facts in group["dependencies"])})
        for group in groups
    )


def is_present(dependency: Dependency) -> bool:
    """Say whether a dependency is here, without calling the program itself."""
    if dependency.program is not None:
        return _place(dependency, dependency.program) is not None
    return find(dependency).found


def find(dependency: Dependency) -> Finding:
    """Look for a dependency and its version."""
    if dependency.program is not None:
        return _find_program(dependency, dependency.program)
    if dependency.board is not None:
        return _find_emulator(dependency, dependency.board)
    if dependency.compiler is not None and dependency.file is not None:
        return _find_file(dependency, dependency.compiler, dependency.file)
    if dependency.distribution is not None:
        return _find_distribution(dependency, dependency.distribution)
    return _find_platform(dependency, dependency.platform or dependency.name)


def python_version() -> str:
    """Return the version of the running Python."""
    return ".".join(str(part) for part in sys.version_info[:3])


def _find_program(dependency: Dependency, program: str) -> Finding:
    """A program that is there but does not run counts as missing."""
    try:
        place = _place(dependency, program)
        if place is None:
            return Finding(dependency=dependency, found=False)
        answer = proc.run([str(place), "--version"], timeout_seconds=_TIMEOUT_SECONDS)
    except (ToolError, OSError):
        return Finding(dependency=dependency, found=False)
    number = _NUMBER.search(re.sub(r"\([^)]*\)", "", answer.output)) or _NUMBER.search(answer.output)
    return Finding(dependency=dependency, found=answer.exit_code == 0, version=number.group() if number else "")


def _place(dependency: Dependency, program: str) -> Path | None:
    if dependency.variable is None or dependency.key is None:
        return proc.which(program)
    return Program(name=program, variable=dependency.variable, key=dependency.key, install="").find()


def _find_emulator(dependency: Dependency, board_id: str) -> Finding:
    """A program whose name another one has too: the driver tells them apart."""
    from harness.boards import load_board
    from harness.emulation import ways

    version = ways(load_board(board_id))[0].version
    return Finding(dependency=dependency, found=version is not None, version=version or "")


def _find_file(dependency: Dependency, compiler: str, file: str) -> Finding:
    """A compiler answers with the bare name where it does not find the file."""
    try:
        answer = proc.run([compiler, f"-print-file-name={file}"], timeout_seconds=_TIMEOUT_SECONDS)
    except (ToolError, OSError):
        return Finding(dependency=dependency, found=False)
    return Finding(dependency=dependency, found=Path(answer.output.strip()).is_file())


def _find_distribution(dependency: Dependency, distribution: str) -> Finding:
    try:
        return Finding(dependency=dependency, found=True, version=metadata.version(distribution))
    except metadata.PackageNotFoundError:
        return Finding(dependency=dependency, found=False)


def _find_platform(dependency: Dependency, platform: str) -> Finding:
    """PlatformIO keeps one folder a platform, with its name and version in ``platform.json``."""
    import json

    for manifest in (settings.cache_dir() / "platformio" / "platforms").glob("*/platform.json"):
        try:
            facts = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if facts.get("name") == platform:
            return Finding(dependency=dependency, found=True, version=str(facts.get("version", "")))
    return Finding(dependency=dependency, found=False)
