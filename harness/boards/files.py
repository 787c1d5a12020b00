# SPDX-License-Identifier: Apache-2.0
"""Reading the files of boards and cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from harness.boards.schema import Board, Core
from harness.errors import BadBoard, did_you_mean
from harness.settings import data_dir
from harness.toml_file import TomlFile, read_toml, to_schema

_Schema = TypeVar("_Schema", Board, Core)


def board_ids(folder: Path | None = None) -> tuple[str, ...]:
    """Return the ids of all boards, sorted: the names of the files."""
    return tuple(sorted(path.stem for path in (folder or data_dir("boards")).glob("*.toml")))


def load_board(board_id: str, folder: Path | None = None) -> Board:
    """Read a board and its core; ``board_id`` is an id, or the path of a board's file that ends in ``.toml``.

    Raises BadBoard, which names the file, the key and the nearest valid choice.
    """
    folder = folder or data_dir("boards")
    path = _find(board_id, folder)
    file = _read_toml(path)
    core = file.tables.get("core")
    if not isinstance(core, str):
        raise BadBoard(f"{path.name}: 'core' must name a file of boards/cores")
    facts = {**file.tables, "id": path.stem, "core": _load_core(core, folder / "cores")}
    return _validate(Board, _with_pairs(facts, "firmware", "hardware"), file)


def _find(board_id: str, folder: Path) -> Path:
    if board_id.endswith(".toml"):
        return Path(board_id)
    if board_id not in board_ids(folder):
        hint = f"{did_you_mean(board_id, board_ids(folder))} Or give the path of a board's file, ending in .toml."
        raise BadBoard(f"there is no board {board_id!r}", hint=hint)
    return folder / f"{board_id}.toml"


_PAIRS = (
    *(("code", key) for key in ("layers", "helpers")),
    *(("kernels", key) for key in ("layers", "helpers", "libraries", "calls")),
    ("cycles", "prices"),
)


def _load_core(core_id: str, folder: Path) -> Core:
    path = folder / f"{core_id}.toml"
    cores = {p.stem for p in folder.glob("*.toml")}
    if core_id not in cores:
        raise BadBoard(f"there is no core {core_id!r}", hint=did_you_mean(core_id, cores))
    file = _read_toml(path)
    facts = file.tables
    for table, key in _PAIRS:
        facts = _with_pairs(facts, table, key)
    return _validate(Core, {**facts, "id": core_id}, file)


def _with_pairs(facts: dict[str, Any], table: str, key: str) -> dict[str, Any]:
    """Turn a table of the file's author's own keys into pairs: a record that can be hashed."""
    inner = facts.get(table)
    if not isinstance(inner, dict) or not isinstance(inner.get(key), dict):
        return facts
    return {**facts, table: {**inner, key: list(inner[key].items())}}


def _read_toml(path: Path) -> TomlFile:
    return read_toml(path, refuse=BadBoard, what="the board's file")


def _validate(schema: type[_Schema], facts: dict[str, Any], file: TomlFile) -> _Schema:
    hint = "See docs/boards.md for the keys of a board's file."
    return to_schema(facts, schema, file, refuse=BadBoard, keys=_all_keys(), hint=hint)


def _all_keys() -> list[str]:
    from harness.boards import schema

    firmware = (
        schema.FirmwareFacts,
        schema.PlatformIO,
        schema.Base,
        schema.CodeSizes,
        schema.KernelSizes,
        schema.CycleTable,
    )
    tables = (schema.Board, schema.Core, schema.Memory, schema.Usb, schema.Emulator, schema.Estimate, *firmware)
    return sorted({key for table in tables for key in table.__struct_fields__})
