# SPDX-License-Identifier: Apache-2.0
"""Folders of files by class: which files there are, of which class, and in which part of the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.errors import BadTask
from harness.records import Parameters
from harness.tasks._base import Data, Floats, Split
from harness.tasks._sources.arrays import carve, from_arrays

_PARTS = {"train": ("train", "training"), "validation": ("validation", "val", "valid"), "test": ("test", "testing")}
Read = Callable[[Path], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Files with the number of the class of each."""

    files: tuple[Path, ...]
    targets: tuple[int, ...]


def read_folder(
    folder: Path,
    suffixes: Sequence[str],
    read: Read,
    *,
    classes: Sequence[str],
    validation: float,
    test: float,
    seed: int,
    group: Callable[[Path], str] | None,
    preprocessing: Parameters,
) -> Data:
    """Read ``FOLDER/CLASS/file``, which is then split, or ``FOLDER/train/CLASS/file`` with ``test``, ``validation``.

    ``read`` makes an input of a file. ``classes`` are the names of the folders in order (default: all, sorted). Raises
    BadTask, naming the folder or file, for what is missing, empty or unlike the rest.
    """
    if not folder.is_dir():
        raise BadTask(f"there is no folder {folder}", hint="Give its path from the task's file: Path(__file__).parent.")
    parts = {part: _first_there(folder, names) for part, names in _PARTS.items()}
    roots = [root for root in parts.values() if root is not None]
    if parts["train"] is None:
        names = tuple(classes) or _class_names(folder)
        found = _labelled(folder, names, suffixes)
        groups = None if group is None else [group(file) for file in found.files]
        whole = _read_all(found, read)
        return from_arrays(
            whole.inputs,
            whole.targets,
            validation=validation,
            test=test,
            seed=seed,
            groups=groups,
            classes=names,
            preprocessing=preprocessing,
        )
    if parts["test"] is None:
        raise BadTask(f"{folder} has a folder of training data, but none called test")
    names = tuple(classes) or _class_names(roots[0])
    listed = {part: _labelled(root, names, suffixes) for part, root in parts.items() if root is not None}
    splits = {part: _read_all(found, read) for part, found in listed.items()}
    if "validation" not in splits:
        groups = None if group is None else [group(file) for file in listed["train"].files]
        splits["train"], splits["validation"] = carve(splits["train"], validation, seed=seed, groups=groups)
    return Data(
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        classes=names,
        preprocessing=preprocessing,
    )


def _first_there(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _class_names(folder: Path) -> tuple[str, ...]:
    names = tuple(
        sorted(each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "_")))
    )
    if len(names) < 2:
        held = ", ".join(names) or "none"
        raise BadTask(f"{folder} needs a folder for each class, at least two, and has {held}")
    return names


def _labelled(root: Path, classes: Sequence[str], suffixes: Sequence[str]) -> Labelled:
    files: list[Path] = []
    targets: list[int] = []
    for number, name in enumerate(classes):
        found = sorted(file for file in (root / name).rglob("*") if file.suffix.lower() in suffixes and file.is_file())
        if not found:
            there = "is empty of them" if (root / name).is_dir() else "is not there"
            raise BadTask(f"the class {name!r} has no files ({', '.join(suffixes)}): the folder {root / name} {there}")
        files += found
        targets += [number] * len(found)
    return Labelled(files=tuple(files), targets=tuple(targets))


def _read_all(found: Labelled, read: Read) -> Split:
    return Split(inputs=np.stack([read(file) for file in found.files]), targets=np.array(found.targets, np.int32))
