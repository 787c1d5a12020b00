# SPDX-License-Identifier: Apache-2.0
"""A firmware project in a folder: rendered, rewritten only where bytes changed, in a place of its own while in use."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import get_ident

from harness.boards import Board
from harness.errors import UserError
from harness.firmware.files import KEY_FILE, build_key, key_file, project_files
from harness.firmware.toolchain import build_flags, source_flags
from harness.runtimes import RenderedModel
from harness.settings import cache_dir, writing, writing_cache

_MANIFEST = "harness-project.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A rendered project. ``build_key`` is compiled into its image; ``written`` are the files that were changed."""

    folder: Path
    board_id: str
    build_key: str
    flags: str
    written: tuple[str, ...] = ()


def render_project(rendered: RenderedModel, board: Board, folder: Path, *, optimize: str) -> Project:
    """Write a self-contained PlatformIO project into ``folder``, new or rendered before.

    Files whose bytes are the same stay untouched, and files of an earlier rendering that are no longer part of it are
    removed; the user's own are not. Raises UserError where the folder holds something else or has a ``$`` in its path.
    """
    if "$" in str(folder.absolute()):
        raise UserError(f"{folder}: PlatformIO cannot build in a folder with '$' in its path", hint="Name another.")
    before = _files_of_earlier_rendering(folder)
    files = dict(project_files(rendered, board, optimize=optimize))
    key = build_key(files, board)
    files[KEY_FILE] = key_file(key)
    # Everything that may be there after an interruption is known before the first file is written.
    _write_manifest(folder, key, {*files, *before})
    written = tuple(path for path, content in files.items() if _write_if_changed(folder / path, content))
    for stale in before - set(files):
        (folder / stale).unlink(missing_ok=True)
    _write_manifest(folder, key, set(files))
    flags = " ".join((*board.core.flags, *build_flags(optimize), *source_flags(board)))
    return Project(folder=folder, board_id=board.id, build_key=key, flags=flags, written=written)


@contextmanager
def open_project(
    rendered: RenderedModel, board: Board, *, optimize: str, keep: Path | None = None
) -> Iterator[Project]:
    """Render into ``keep``, else into a folder of the cache that nobody else uses until the end of the block.

    A folder of the cache serves one project of its board after another, so that only what changed is compiled. Those
    with a library that goes with them have folders of their own: a library is compiled anew wherever it lies.
    Raises UserError where the folder cannot be written.
    """
    if keep is not None:
        with writing(keep, "Make the folder writable, free some space, or name another."):
            project = render_project(rendered, board, keep.absolute(), optimize=optimize)
        yield project
        return
    base = cache_dir() / "projects" / f"{board.id}{_library_mark(rendered)}"
    with writing_cache():
        base.mkdir(parents=True, exist_ok=True)
    for number in count():
        with writing_cache():
            lock = os.open(base / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # in use by another thread or process; the kernel frees it whatever ends that one
            with writing_cache():
                project = render_project(rendered, board, base / str(number), optimize=optimize)
            yield project
            return
        finally:
            os.close(lock)


def _library_mark(rendered: RenderedModel) -> str:
    """Return what tells folders by the libraries that lie in them; nothing where there are none."""
    digest = hashlib.sha256()
    files = [item for library in rendered.libraries for item in sorted(library.files.items())]
    for path, content in files:
        digest.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return f"-{digest.hexdigest()[:12]}" if files else ""


def _files_of_earlier_rendering(folder: Path) -> set[str]:
    manifest = folder / _MANIFEST
    if manifest.is_file():
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {path for path in listed if _stays_inside(folder, path)}
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty and not a project of the harness", hint="Name a new or empty folder.")
    return set()


def _stays_inside(folder: Path, path: str) -> bool:
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _write_manifest(folder: Path, key: str, files: set[str] | Mapping[str, bytes]) -> None:
    text = json.dumps({"schema": 1, "build_key": key, "files": sorted(files)}, indent=1) + "\n"
    _write_if_changed(folder / _MANIFEST, text.encode())


def _write_if_changed(path: Path, content: bytes) -> bool:
    """Replace a file in one step, but only where its bytes differ; say whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return True
