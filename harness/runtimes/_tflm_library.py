# SPDX-License-Identifier: Apache-2.0
"""Where TensorFlow Lite Micro comes from: a folder of the user's, or PlatformIO's registry. None of it ships here."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from harness.boards import Board
from harness.errors import UserError
from harness.runtimes._base import Library

NAME = "tflm"
# Pinned, by PlatformIO's framework. Bare boards have no entry: what there is in the registry needs a framework.
REGISTRY = {"arduino": "spaziochirale/Chirale_TensorFLowLite@2.0.0"}
_HEADER = "tensorflow/lite/micro/micro_interpreter.h"
_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".inc", ".s", ".S", ".a", ".json", ".properties", ".py")
_MOST_BYTES = 200_000_000
_MACRO = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9_.]*")
HINT = (
    "Give one by --tflm-lib DIR: a PlatformIO library (a folder with library.json) whose include path has"
    " tensorflow/lite/micro/*.h. docs/runtimes.md says how to come by one."
)


def find_library(board: Board, folder: Path | None) -> Library:
    """Return the library for a board: the folder's files, else the registry's. Raises UserError where there is none."""
    if folder is not None:
        return _local(folder)
    framework = board.platformio.framework
    if framework not in REGISTRY:
        raise UserError(f"there is no TensorFlow Lite Micro for {board.id} in PlatformIO's registry", hint=HINT)
    return Library(name=NAME, requirement=REGISTRY[framework])


def _local(folder: Path) -> Library:
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", hint=HINT)
    if not any((folder / name).is_file() for name in ("library.json", "library.properties", "module.json")):
        raise UserError(f"{folder} is no PlatformIO library: it has no library.json", hint=HINT)
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in _SOURCES and path.is_file()]
    if not any(path.as_posix().endswith(_HEADER) for path in paths):
        raise UserError(f"{folder} has no {_HEADER}: it is not TensorFlow Lite Micro", hint=HINT)
    if sum(path.stat().st_size for path in paths) > _MOST_BYTES:
        raise UserError(f"{folder} has more than {_MOST_BYTES // 1_000_000} MB of sources", hint=HINT)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return Library(name=NAME, files=files, macros=_macros(folder / "library.json"))


def _macros(manifest: Path) -> tuple[tuple[str, str], ...]:
    """Return the macros in the flags that a manifest gives its library's files; one without a value is 1."""
    if not manifest.is_file():
        return ()
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        flags = found.get("build", {}).get("flags", [])
        if not isinstance(flags, str | list):
            raise TypeError("build.flags must be a text or a list of texts")
        words = [word for flag in ([flags] if isinstance(flags, str) else flags) for word in shlex.split(flag)]
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{manifest} is no library's manifest: {error}") from error
    macros = []
    for position, word in enumerate(words):
        if not word.startswith("-D"):
            continue
        text = word[2:] or (words[position + 1] if position + 1 < len(words) else "")
        name, equals, value = text.partition("=")
        if not _MACRO.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UserError(f"{manifest}: the macro {text!r} cannot be passed on to the application")
        macros.append((name, value if equals else "1"))
    return tuple(macros)
