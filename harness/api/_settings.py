# SPDX-License-Identifier: Apache-2.0
"""The settings of ``harness run``: from the command line, ``harness.toml``, the task's ``task.toml``, or by default.

What stands nearer to the user goes before the rest, setting by setting: the command line, then the file of the folder,
then the file beside the task. In both files they are the table ``[run]``; a key is the name of the option.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from harness.errors import UserError
from harness.toml_file import TomlFile, convert, read_toml, to_schema

CONFIG_FILE = "harness.toml"
TASK_FILE = "task.toml"
COMMAND_LINE = "command line"
DEFAULT = "default"
_PATHS = ("task", "model", "plan", "results")
_ABOUT_THE_TASK = ("task", "model", "trust", "study", "results")  # no matter of the file beside a task
_HINT = "docs/configuration.md lists the settings."

Positive = Annotated[int, Meta(gt=0)]
NotNegative = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class RunSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a search with their defaults; a key of a file is the name of a field."""

    task: str = "digits"
    model: str | None = None
    trust: bool = False
    board: tuple[str, ...] = ("mps2_an386",)
    trials: Positive | None = None
    timeout: Seconds | None = None
    jobs: Positive | None = None
    train_timeout: Seconds | None = None
    train_memory: str | None = None
    study: str | None = None
    objective: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()
    compress: tuple[str, ...] = ()
    estimate: bool = False
    seed: NotNegative = 0
    driver: str = "optuna"
    sampler: str = "tpe"
    gates: bool = True
    halving: bool = True
    optimize: str = "speed"
    plan: str | None = None
    final: NotNegative = 3
    seeds: NotNegative = 3
    results: str | None = None


SETTINGS = RunSettings.__struct_fields__
_LISTS = tuple(field.name for field in msgspec.structs.fields(RunSettings) if "tuple" in str(field.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The settings that hold, and where each comes from."""

    settings: RunSettings
    sources: Mapping[str, str]

    def replaced(self, name: str, value: Any, source: str) -> Resolved:
        """Return a copy in which one setting has another value and source."""
        settings = msgspec.structs.replace(self.settings, **{name: value})
        return dataclasses.replace(self, settings=settings, sources={**self.sources, name: source})


def resolve(given: Mapping[str, Any], *, config: Path | None, find: bool = True) -> Resolved:
    """Return the settings that hold where ``given`` are those of the command line, None and empty lists left out.

    ``config`` is a file to read instead of ``harness.toml``, which is read where it is in the current folder and
    ``find`` says so. Raises UserError, naming file, line and key, for a setting that there is not or of another type.
    """
    here = {name: value for name, value in given.items() if value is not None and value not in ((), [])}
    path = config if config is not None else Path(CONFIG_FILE) if find and Path(CONFIG_FILE).is_file() else None
    layers = [_Layer(values=here, sources=dict.fromkeys(here, COMMAND_LINE))]
    if path is not None:
        layers.append(_read(path, SETTINGS))
    task = next((str(layer.values["task"]) for layer in layers if "task" in layer.values), "")
    beside = Path(task).parent / TASK_FILE
    if task.endswith(".py") and beside.is_file():
        layers.append(_read(beside, tuple(name for name in SETTINGS if name not in _ABOUT_THE_TASK)))
    values: dict[str, Any] = {}
    sources = dict.fromkeys(SETTINGS, DEFAULT)
    for layer in reversed(layers):
        values |= layer.values
        sources |= layer.sources
    try:
        return Resolved(settings=convert(values, RunSettings), sources=sources)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        raise UserError(f"{place.rstrip('`')}: {said}") from error


def as_toml(resolved: Resolved) -> str:
    """Return the settings that hold as a file of this kind, each with where it comes from."""
    lines = ["[run]"]
    for name in SETTINGS:
        value, source = getattr(resolved.settings, name), resolved.sources[name]
        if value is None or value == ():
            lines.append(f"# {name} is not set")
        else:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}  # {source}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """What one place says, and how to name that place, setting by setting."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]


def _read(path: Path, valid: tuple[str, ...]) -> _Layer:
    """Read the settings of a file; paths in it are relative to its folder."""
    file = read_toml(path, refuse=UserError, what="the configuration")
    for name in file.tables:
        if name != "run":
            hint = "Settings stand under [run]." if name in SETTINGS else f"The only table is [run]. {_HINT}"
            raise UserError(f"{file.at(name)}: unknown key {name!r}", hint=hint)
    table = file.tables.get("run", {})
    if not isinstance(table, dict):
        raise UserError(f"{file.at('run')}: run must be a table: [run]")
    given = {name: [value] if name in _LISTS and isinstance(value, str) else value for name, value in table.items()}
    settings = to_schema(given, RunSettings, file, refuse=UserError, keys=valid, hint=_HINT, under="run")
    for name in given:
        if name not in valid:
            message = f"{file.at(f'run.{name}')}: {name!r} cannot be set beside a task"
            raise UserError(message, hint=f"Set it in {CONFIG_FILE}, or give --{name}.")
    values = {name: _in_folder(name, getattr(settings, name), path.parent) for name in given}
    return _Layer(values=values, sources={name: _source(file, name) for name in given})


def _source(file: TomlFile, name: str) -> str:
    line = file.line_of(f"run.{name}")
    return f"{file.path}:{line}" if line else str(file.path)


def _in_folder(name: str, value: Any, folder: Path) -> Any:
    """Return a path as it is seen from here; the name of a task of the package is none."""
    if name not in _PATHS or (name == "task" and not value.endswith(".py")):
        return value
    return str(folder / value)
