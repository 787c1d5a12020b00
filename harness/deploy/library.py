# SPDX-License-Identifier: Apache-2.0
"""The files of a deployed model: its sources, a self-test with golden vectors, its figures, an example for the board.

The self-test makes its inputs by formula, so that it holds outputs alone: the shared pattern and seeded random inputs
of ``harness.reference.inputs``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import harness
from harness.boards import Board
from harness.emit.env import render
from harness.emit.layout import tidy
from harness.errors import UnsupportedModel, UserError
from harness.firmware.files import project_files
from harness.graph import DType
from harness.records import Parameters
from harness.reference import Golden
from harness.reference.inputs import pattern, random_state, seeded_random
from harness.runtimes import Port, RenderedModel

_RANDOM_INPUTS = 2
_C_TYPES = {
    DType.INT8: "int8_t",
    DType.UINT8: "uint8_t",
    DType.INT16: "int16_t",
    DType.INT32: "int32_t",
    DType.INT64: "int64_t",
    DType.FLOAT32: "float",
    DType.BOOL: "bool",
}
_MADE = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)  # inputs that the self-test can make


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the library says of its model: rows of figure, value, how it was obtained; and what was verified.

    ``classes`` and ``preprocessing`` are those of the task that it was trained for, where they are known.
    """

    model: str
    figures: tuple[tuple[str, str, str], ...]
    verified: str
    classes: tuple[str, ...] = ()
    preprocessing: Parameters = ()


def library_files(
    model: bytes, rendered: RenderedModel, board: Board, facts: Facts, *, optimize: str
) -> Mapping[str, bytes]:
    """Return the content of the library by relative path, sorted.

    Raises UnsupportedModel where the self-test cannot make an input of the model.
    """
    name = rendered.prefix
    context = {
        "version": harness.__version__,
        "name": name,
        "upper": name.upper(),
        "board": board.id,
        "board_name": board.name,
        "facts": facts,
        "ports": _ports(rendered.inputs),
        "vectors": _vectors(model, rendered),
        "has_state": rendered.has_state,
    }
    files = {f"src/{file}": text.encode() for file, text in rendered.files.items() if file != f"{name}_binding.c"}
    files[f"include/{name}.h"] = files.pop(f"src/{name}.h")
    files[f"include/{name}_selftest.h"] = _c("selftest.h", context)
    files[f"src/{name}_selftest.c"] = _c("selftest.c", context)
    files["library.json"] = (json.dumps(_manifest(name), indent=2) + "\n").encode()
    if facts.classes or facts.preprocessing:
        files["task.json"] = _task(facts)
    files["README.md"] = render("deploy/README.md.j2", context).encode()
    files |= _example(rendered, board, context, optimize)
    return dict(sorted(files.items()))


def require_empty(folder: Path) -> None:
    """Raise UserError where a folder is there and holds something, or is no folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty", hint="Name a new or empty folder by --to.")


def write_library(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the library into a new or empty folder. Raises UserError where it is neither, or cannot be written."""
    require_empty(folder)
    try:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}") from error


def _task(facts: Facts) -> bytes:
    told = {"classes": list(facts.classes), "preprocessing": dict(facts.preprocessing)}
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def _manifest(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1.0.0",
        "description": "A machine-learning model as C, without an interpreter and without a heap",
        "license": "MIT-0",
        "frameworks": "*",
        "platforms": "*",
        "headers": [f"{name}.h", f"{name}_selftest.h"],
        "build": {"flags": ["-std=c99", "-ffp-contract=off"]},
    }


def _ports(ports: tuple[Port, ...]) -> list[dict[str, object]]:
    for number, port in enumerate(ports):
        if port.dtype not in _MADE:
            raise UnsupportedModel(
                f"input {number} of the model is {port.dtype.value}, which a self-test has no inputs for",
                hint=f"Inputs may be {', '.join(dtype.value for dtype in _MADE)}.",
            )
    return [{"number": number, "dtype": port.dtype.value} for number, port in enumerate(ports)]


def _vectors(model: bytes, rendered: RenderedModel) -> list[dict[str, object]]:
    """Return how each input is made, and the outputs that the reference kernels give for it."""
    golden = Golden(model)
    made = [("pattern", 0, tuple(pattern(port.dtype, port.shape) for port in rendered.inputs))]
    for seed in range(_RANDOM_INPUTS):
        inputs = tuple(seeded_random(port.dtype, port.shape, seed) for port in rendered.inputs)
        made.append((f"random {seed}", random_state(seed), inputs))
    return [
        {
            "number": number,
            "name": name,
            "state": state,
            "outputs": [
                {
                    "number": at,
                    "type": _C_TYPES[port.dtype],
                    "values": np.ascontiguousarray(values),
                    "count": values.size,
                    "exact": port.dtype is not DType.FLOAT32,
                }
                for at, (port, values) in enumerate(zip(rendered.outputs, golden.outputs(inputs), strict=True))
            ],
        }
        for number, (name, state, inputs) in enumerate(made)
    ]


def _example(
    rendered: RenderedModel, board: Board, context: Mapping[str, object], optimize: str
) -> Mapping[str, bytes]:
    """Return a project for the board that runs the self-test: the firmware's own, with another ``main``."""
    whole = project_files(rendered, board, optimize=optimize)
    kept = ("src/hal/", "include/harness_hal.h", "include/harness_config.h", "platforms/", ".gitignore")
    files = {f"example/{path}": content for path, content in whole.items() if path.startswith(kept)}
    settings = whole["platformio.ini"].decode().rstrip("\n")
    files["example/platformio.ini"] = f"{settings}\nlib_deps = symlink://..\n".encode()
    files["example/src/main.c"] = _c("main.c", context)
    return files


def _c(name: str, context: Mapping[str, object]) -> bytes:
    return tidy(render(f"deploy/{name}.j2", context)).encode()
