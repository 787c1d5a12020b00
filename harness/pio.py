# SPDX-License-Identifier: Apache-2.0
"""PlatformIO as a subprocess, without its registry: SCons comes from the installed Python package."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import get_ident

from harness import proc
from harness.settings import cache_dir

# PlatformIO starts SCons as a child; killed itself, it would leave it behind, with whatever SCons has started.
_SCONS_SCRIPT = """\
import ctypes
import signal
import sys

import SCons.Script

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
SCons.Script.main()
"""

# Whatever would change a build behind the back of its key stays outside.
_COMPILER_VARIABLES = (
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH",
    "GCC_EXEC_PREFIX",
    "COMPILER_PATH",
)


# PlatformIO makes these where they are missing, and fails when another PlatformIO makes one at the same moment.
_SHARED_FOLDERS = ("packages", ".cache/downloads", ".cache/http", ".cache/tmp")


def core_dir() -> Path:
    """Return PlatformIO's core folder in the cache, made on demand with SCons in it as a package of its kind."""
    folder = cache_dir() / "platformio"
    for name in _SHARED_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _make_scons_package(folder / "packages" / "tool-scons")
    return folder


def environment() -> Mapping[str, str]:
    """Return the variables for PlatformIO: the core folder, no telemetry, no looking for updates, English messages."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PLATFORMIO_") and name not in _COMPILER_VARIABLES
    }
    return kept | {
        "PLATFORMIO_CORE_DIR": str(core_dir()),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "99999",  # days
        "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
        "HARNESS_OBJECT_CACHE": str(cache_dir() / "objects"),
        "LC_ALL": "C.UTF-8",
    }


def run_pio(folder: Path, arguments: Sequence[str], *, timeout_seconds: float) -> proc.Finished:
    """Run ``pio run`` on a project; the exit code is the caller's to judge. Raises ToolError at the time limit."""
    return proc.finish(start_pio(folder, arguments), timeout_seconds=timeout_seconds)


def start_pio(folder: Path, arguments: Sequence[str]) -> proc.Child:
    """Start ``pio run`` on a project; the caller waits for it, or stops it."""
    command = [sys.executable, "-m", "platformio", "run", "--project-dir", str(folder), "--disable-auto-clean"]
    return proc.start([*command, *arguments], env=environment(), cwd=folder)


def has_platform(name: str) -> bool:
    """Say whether a platform for real boards has been downloaded into the core folder."""
    manifests = (core_dir() / "platforms").glob("*/platform.json")
    return any(json.loads(path.read_text(encoding="utf-8")).get("name") == name for path in manifests)


@cache
def _make_scons_package(folder: Path) -> None:
    """Write the package that PlatformIO 6 asks for: ``4.MMmmpp.0`` stands for SCons M.m.p."""
    major, minor, patch = (int(part) for part in version("scons").split(".")[:3])
    numbered = f"4.{major}{minor:02d}{patch:02d}.0"
    spec = {"owner": "platformio", "id": None, "name": "tool-scons", "requirements": None, "uri": None}
    files = {
        "package.json": json.dumps({"name": "tool-scons", "version": numbered, "description": "SCons"}),
        ".piopm": json.dumps({"type": "tool", "name": "tool-scons", "version": numbered, "spec": spec}),
        "scons.py": _SCONS_SCRIPT,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    """Replace a file in one step: other processes may be reading it."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
