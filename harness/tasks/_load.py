# SPDX-License-Identifier: Apache-2.0
"""Loading a task by its name or by the path of its file, and its identity."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType

import numpy as np

from harness import registry
from harness.errors import BadTask, HarnessError, UserError, did_you_mean
from harness.records import canonical_json, content_key
from harness.tasks._base import Data, Task
from harness.tasks._check import check_data, check_splits, check_task
from harness.tasks._given import GivenModel

FAMILY = "harness.tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTask:
    """A task with its data, checked, the files that it is made of, and the model to begin with, if one is given."""

    name: str
    task: Task
    data: Data
    files: tuple[Path, ...]
    given: GivenModel | None = None


class Need(Enum):
    """What a task is loaded for."""

    FAMILIES = "to train networks of its families"
    SPLITS = "to train a network that is there"
    DATA = "to score"


def load_task(name: str, *, need: Need = Need.FAMILIES) -> LoadedTask:
    """Load a task of the package, of a plugin, or from a file whose path ends in ``.py``, and its data.

    Raises UserError for an unknown name, BadTask where the file or its data is not what a task must be for ``need``.
    """
    module = _load_file(Path(name)) if name.endswith(".py") else _load_member(name)
    task = getattr(module, "TASK", None)
    if not isinstance(task, Task) or module.__file__ is None:
        raise BadTask(f"the task {name!r} defines no TASK", hint="Write TASK = Task(...) at the end of its file.")
    check_task(name, task)
    file = Path(module.__file__).resolve()
    try:
        data = task.load_data()
    except (HarnessError, MemoryError):
        raise
    except Exception as error:
        raise BadTask(f"the data of the task {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    check_data(name, task, data)
    if need is Need.FAMILIES and not task.families:
        raise BadTask(f"the task {name!r} has no family of networks", hint="docs/tasks.md shows how to write one.")
    if need is not Need.DATA:
        check_splits(name, task, data)
    return LoadedTask(name=name, task=task, data=data, files=tuple(sorted(_files_beside(file))))


def _load_member(name: str) -> ModuleType:
    known = registry.names(FAMILY)
    if name not in known:
        hint = f"{did_you_mean(name, known)} Or give the path of a task's file, ending in .py."
        raise UserError(f"there is no task {name!r}", hint=hint)
    return registry.load(FAMILY, name)


def start_text() -> str:
    """Return the text of a task file to start from, which runs as it is."""
    return (Path(__file__).parent / "_start.py").read_text(encoding="utf-8").partition("\n")[2]


def task_key(loaded: LoadedTask, stack: Mapping[str, str]) -> str:
    """Return a task's identity: the hash of its file, of what it imports beside it, of its data, and of ``stack``.

    A model that is given to begin with counts too.

    ``stack`` gives the version of each package that training depends on. Neither the folder nor the task's name counts.
    """
    return content_key(
        {
            "files": sorted((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in loaded.files),
            "data": _data_key(loaded.data),
            "stack": dict(stack),
            **({"model": loaded.given.sha256} if loaded.given else {}),
        }
    )


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise BadTask(f"there is no task file {path}", hint="Give the path of a .py file, or the name of a task.")
    spec = importlib.util.spec_from_file_location(f"harness_task_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)  # so that it may import what lies beside it
    try:
        spec.loader.exec_module(module)
    except HarnessError:
        raise
    except Exception as error:
        raise BadTask(f"the task file {path} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(folder)
    return module


def _files_beside(file: Path) -> set[Path]:
    """Return a task file and all that it imports from its own folder, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(_imported_files(current, file.parent))
    return found


def _imported_files(file: Path, folder: Path) -> Iterator[Path]:
    package = FAMILY if folder == Path(__file__).parent else ""
    for name in _imported_names(file, package):
        for candidate in (folder / f"{name}.py", folder / name / "__init__.py"):
            if candidate.is_file():
                yield candidate.resolve()


def _imported_names(file: Path, package: str) -> Iterator[str]:
    """Yield the names of modules beside a file that it imports; ``package`` is the dotted name of their folder."""
    prefix = f"{package}." if package else ""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            dotted = [node.module or ""] + [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            dotted = [prefix + (node.module or alias.name) for alias in node.names]
        else:
            continue
        for name in dotted:
            if name.startswith(prefix):
                yield name.removeprefix(prefix).partition(".")[0]


def _data_key(data: Data) -> str:
    digest = hashlib.sha256()
    for part, split in data.splits():
        for array in (split.inputs, split.targets):
            digest.update(f"{part} {array.dtype.str} {array.shape};".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    if data.classes or data.preprocessing:
        digest.update(canonical_json({"classes": data.classes, "preprocessing": data.preprocessing}).encode())
    return digest.hexdigest()
