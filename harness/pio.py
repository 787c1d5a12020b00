# SPDX-License-Identifier: Apache-2.0
"""PlatformIO as a subprocess, without its registry: SCons comes from the installed Python package."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock, get_ident

from harness import proc
from harness.settings import cache_dir, writing_cache

# PlatformIO starts SCons as a child; killed itself, it would leave it behind, with whatever SCons has started.
_SCONS_SCRIPT = """\
import ctypes
import gc
import os
import signal
import sys

gc.disable()  # it lives for a second
import SCons.Script

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
try:
    SCons.Script.main()
except SystemExit as ended:
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(ended.code, int):
        os._exit(ended.code)
    raise
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
    with writing_cache():
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


@dataclass(slots=True)
class _Primed:
    """A PlatformIO that waits for its work, and the variables it was started with."""

    child: proc.Child | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def prime(self, env: Mapping[str, str]) -> None:
        with self.lock:
            if self.child is not None and self.env != env:
                proc.stop(self.child)
                self.child = None
            if self.child is None:
                command = [sys.executable, "-m", "harness._pio_ahead"]
                self.child, self.env = proc.start(command, env=env, stdin=proc.PIPE), env

    def take(self, env: Mapping[str, str]) -> proc.Child | None:
        """Return the waiting child, once; None where there is none, or one that was started for other variables."""
        with self.lock:
            child, self.child = self.child, None
        if child is None or (self.env == env and child.poll() is None):
            return child
        proc.stop(child)
        return None


_primed = _Primed()


def prime_pio() -> None:
    """Start a PlatformIO that imports itself and waits for the next ``start_pio`` of this process to give it its work.

    A third of a build's time is over before there is anything to build. What is never used ends with this process.
    """
    _primed.prime(environment())


def run_pio(folder: Path, arguments: Sequence[str], *, timeout_seconds: float) -> proc.Finished:
    """Run ``pio run`` on a project; the exit code is the caller's to judge. Raises ToolError at the time limit."""
    return proc.finish(start_pio(folder, arguments), timeout_seconds=timeout_seconds)


def start_pio(folder: Path, arguments: Sequence[str]) -> proc.Child:
    """Start ``pio run`` on a project; the caller waits for it, or stops it."""
    words = ["run", "--project-dir", str(folder), "--disable-auto-clean", *arguments]
    env = environment()
    child = _primed.take(env)
    if child is None:
        return proc.start([sys.executable, "-m", "platformio", *words], env=env, cwd=folder)
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it has died: waiting for it tells why
        child.stdin.write(json.dumps([str(folder), *words]).encode() + b"\n")
        child.stdin.close()
    child.stdin = None
    return child


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
