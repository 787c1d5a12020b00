# SPDX-License-Identifier: Apache-2.0
"""Kernel-plan files: which variant of its kernel each layer of a model uses, and what each was measured to cost.

TOML, to be read and changed by people. Written by ``harness tune``; of one written by hand only ``schema`` and the
layers' ``name`` and ``variant`` are needed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import harness
from harness.errors import UserError, did_you_mean
from harness.records import content_key
from harness.runtimes import KernelPlan

SCHEMA = 1
_TEXTS = ("model", "model_sha256", "board", "core", "optimize", "objective")
_NUMBERS = ("total", "ram_bytes")
_BARE = re.compile(r"[A-Za-z0-9_-]+")  # keys that TOML takes without quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """A layer, the variant it shall use, its signature, and the figures that were measured, by variant."""

    name: str
    variant: str
    signature: str = ""
    measured: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A kernel plan. Empty texts and None stand for what the file does not say.

    ``total`` is the figure of the whole inference by the objective, ``ram_bytes`` what its memory plan takes.
    """

    layers: tuple[LayerPlan, ...]
    model: str = ""
    model_sha256: str = ""
    board: str = ""
    core: str = ""
    optimize: str = ""
    objective: str = ""
    total: float | None = None
    ram_bytes: float | None = None

    @property
    def by_name(self) -> KernelPlan:
        """The plan for the model that it was made for."""
        return tuple((layer.name, layer.variant) for layer in self.layers)

    @property
    def by_signature(self) -> KernelPlan:
        """The plan for any model that has layers of the same signatures; the first of one signature counts."""
        found: dict[str, str] = {}
        for layer in self.layers:
            if layer.signature:
                found.setdefault(layer.signature, layer.variant)
        return tuple(found.items())

    @property
    def key(self) -> str:
        """Content hash of what the plan decides."""
        return content_key({"names": dict(self.by_name), "signatures": dict(self.by_signature)})


def write_plan(plan: PlanFile, path: Path) -> None:
    """Write a plan as TOML. Raises UserError where the file cannot be written."""
    lines = [f"# Kernel plan, written by harness {harness.__version__}: harness bench MODEL --board B --plan THIS_FILE"]
    lines += [f"schema = {SCHEMA}"]
    lines += [f"{key} = {_text(value)}" for key in _TEXTS if (value := getattr(plan, key))]
    lines += [f"{key} = {_number(value)}" for key in _NUMBERS if (value := getattr(plan, key)) is not None]
    for layer in plan.layers:
        lines += ["", "[[layers]]", f"name = {_text(layer.name)}", f"variant = {_text(layer.variant)}"]
        if layer.signature:
            lines.append(f"signature = {_text(layer.signature)}")
        if layer.measured:
            figures = ", ".join(f"{_key(name)} = {_number(value)}" for name, value in layer.measured)
            lines.append(f"measured = {{ {figures} }}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def read_plan(path: Path) -> PlanFile:
    """Read a plan. Raises UserError, naming the file and the key, for anything but a plan."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no kernel plan: {error}") from error
    _expect_keys(found, ("schema", *_TEXTS, *_NUMBERS, "layers"), str(path))
    if found.get("schema") != SCHEMA:
        raise UserError(f"{path}: schema must be {SCHEMA}", hint="Make the plan again with 'harness tune'.")
    layers = found.get("layers")
    if not isinstance(layers, list) or not layers or not all(isinstance(layer, dict) for layer in layers):
        raise UserError(f"{path}: a plan needs [[layers]], each with a name and a variant")
    plans = tuple(_layer(layer, f"{path}: layer {number}") for number, layer in enumerate(layers))
    names = [plan.name for plan in plans]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{path}: the layer {twice!r} stands there twice")
    model, sha256, board, core, optimize, objective = (_read_text(found, key, str(path)) for key in _TEXTS)
    total, ram_bytes = (_read_number(found[key], f"{path}: {key}") if key in found else None for key in _NUMBERS)
    return PlanFile(
        layers=plans,
        model=model,
        model_sha256=sha256,
        board=board,
        core=core,
        optimize=optimize,
        objective=objective,
        total=total,
        ram_bytes=ram_bytes,
    )


def _layer(found: Mapping[str, object], where: str) -> LayerPlan:
    _expect_keys(found, ("name", "variant", "signature", "measured"), where)
    name, variant = _read_text(found, "name", where), _read_text(found, "variant", where)
    if not name or not variant:
        raise UserError(f"{where} needs a name and a variant")
    measured = found.get("measured", {})
    if not isinstance(measured, dict):
        raise UserError(f"{where}: measured must be a table of figures by variant")
    return LayerPlan(
        name=name,
        variant=variant,
        signature=_read_text(found, "signature", where),
        measured=tuple((str(key), _read_number(value, f"{where}: {key}")) for key, value in measured.items()),
    )


def _expect_keys(found: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise UserError(f"{where}: unknown key {unknown[0]!r}", hint=did_you_mean(unknown[0], known))


def _read_text(found: Mapping[str, object], key: str, where: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise UserError(f"{where}: {key} must be a text")
    return value


def _read_number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{where} must be a number")
    return value


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """Return a TOML string; what UTF-8 cannot hold, as a path may, becomes a question mark."""
    return json.dumps(value.encode(errors="replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
