# SPDX-License-Identifier: Apache-2.0
"""The text of every file of a firmware project, and the key over them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import harness
from harness.boards import Board, Memory
from harness.emit.env import render
from harness.errors import BadBoard, BadModel
from harness.firmware.toolchain import (
    build_flags,
    is_local,
    program_prefix,
    source_flags,
    toolchain_package,
    toolchain_version,
)
from harness.runtimes import RenderedModel
from harness.settings import data_dir

PLATFORM = "harness_emulated"
PLATFORM_FOLDER = f"platforms/{PLATFORM}"
KEY_FILE = "src/harness_build_key.c"
# Folders of project/.
_SHARED_BY_ISA = {"thumb1": ("cortex_m",), "thumb2": ("cortex_m",), "rv32": ("riscv",), "xtensa": ("xtensa",)}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\.(?:c|h|cc)")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.+-]+(?:/[A-Za-z0-9_.+-]+)*")
_PLAIN_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


def project_files(rendered: RenderedModel, board: Board, *, optimize: str) -> Mapping[str, bytes]:
    """Return the content of a project by relative path, all but the file of the key, sorted by path.

    Raises BadModel where a file's name is more than a plain name, BadBoard where there is no such HAL.
    """
    files = dict(_model_files(rendered))
    files |= _library_files(rendered)
    files |= _copied("firmware_templates", "project/include", "include")
    files |= _copied("firmware_templates", "project/src", "src")
    files |= _hal_files(board)
    context = _facts(rendered, board, optimize)
    for template, path in (("platformio.ini", "platformio.ini"), ("harness_config.h", "include/harness_config.h")):
        files[path] = render(f"project/{template}.j2", context).encode()
    files["README.md"] = render("project/README.md.j2", context).encode()
    files[".gitignore"] = b".pio/\n__pycache__/\n"
    if is_local(board):
        files |= _copied("boards", "platform", PLATFORM_FOLDER)
        files |= _board_files(board, context)
    return dict(sorted(files.items()))


def build_key(files: Mapping[str, bytes], board: Board) -> str:
    """Return SHA-256, in hexadecimal, over paths and contents of all files (flags are among them) and the toolchain."""
    digest = hashlib.sha256(toolchain_version(board).encode())
    for path, content in sorted(files.items()):
        digest.update(f"\n{path} {hashlib.sha256(content).hexdigest()}".encode())
    return digest.hexdigest()


def key_file(key: str) -> bytes:
    """Return the C file that puts the key into the image."""
    digits = [f"0x{byte:02x}" for byte in bytes.fromhex(key)]
    rows = [", ".join(digits[start : start + 8]) for start in range(0, len(digits), 8)]
    return render("project/harness_build_key.c.j2", {"rows": rows}).encode()


def _model_files(rendered: RenderedModel) -> Iterator[tuple[str, bytes]]:
    if not _PLAIN_PREFIX.fullmatch(rendered.prefix):
        raise BadModel(f"{rendered.prefix!r} cannot be the prefix of C names")
    for name, text in rendered.files.items():
        if not _PLAIN_NAME.fullmatch(name):
            raise BadModel(
                f"{name!r} cannot be the name of a C file: letters, digits and _ only, ending in .c, .cc or .h"
            )
        yield f"src/model/{name}", text.encode()


def _library_files(rendered: RenderedModel) -> Mapping[str, bytes]:
    """Return the files of libraries that travel with the project, in PlatformIO's folder for such."""
    files = {}
    for library in rendered.libraries:
        for path, content in library.files.items():
            if not _PLAIN_PATH.fullmatch(path) or ".." in path.split("/"):
                raise BadModel(f"the library {library.name} has a file {path!r}: not a name that a project can hold")
            files[f"lib/{library.name}/{path}"] = content
    return files


def _hal_files(board: Board) -> dict[str, bytes]:
    found = _copied("firmware_templates", f"hal/{board.firmware.hal}", "src/hal")
    if not found:
        raise BadBoard(f"board {board.id}: firmware_templates/hal has no folder {board.firmware.hal!r} with sources")
    if is_local(board) and _is_bare_metal(board):
        for shared in ("bare_metal", *_SHARED_BY_ISA.get(board.core.isa, ())):
            found = _copied("firmware_templates", f"project/{shared}", "src/hal") | found
    return found


def _is_bare_metal(board: Board) -> bool:
    """Say whether no operating system is below the firmware, so that it brings its own start-up."""
    return board.kind != "host"


def _copied(data: str, source: str, target: str) -> dict[str, bytes]:
    folder = data_dir(data) / source
    return {
        f"{target}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_left_over(path)
    }


def _is_left_over(path: Path) -> bool:
    return path.suffix in {".pyc", ".j2"} or path.name.startswith(".")


def _facts(rendered: RenderedModel, board: Board, optimize: str) -> Mapping[str, object]:
    return {
        "version": harness.__version__,
        "board": board.id,
        "board_name": board.name,
        "local": is_local(board),
        "platform": PLATFORM if is_local(board) else board.platformio.platform,
        "platform_board": board.id if is_local(board) else board.platformio.board,
        "framework": board.platformio.framework,
        "toolchain": board.platformio.toolchain,
        "flags": " ".join(build_flags(optimize)),
        "source_flags": " ".join(source_flags(board)),
        "libraries": [library.requirement or library.name for library in rendered.libraries],
        "baud": board.firmware.baud,
        "clock_hz": board.clock_hz,
        "input_bytes": sum(-(-port.size_bytes // 16) * 16 for port in rendered.inputs),
        "stack_bytes": board.firmware.stack_bytes,
        "memories": board.memories,
        "hardware": [(name.upper(), number) for name, number in board.firmware.hardware],
        "code": board.memory_for("code")[0].name,
        "constants": _constants(board).name,
        "weights": board.memory_for("weights")[0].name,
        "data": board.memory_for("data")[0].name,
        "activations": board.memory_for("activations")[0].name,
        "stack": board.memory_for("stack")[0].name,
    }


def _constants(board: Board) -> Memory:
    """Return where constants lie: with the code, or with the weights where a loader fills RAM with the code."""
    code = board.memory_for("code")[0]
    return board.memory_for("weights")[0] if code.kind == "ram" else code


def _board_files(board: Board, context: Mapping[str, object]) -> Mapping[str, bytes]:
    """Return PlatformIO's description of a board, made of the board's facts, and its linker script."""
    bare = _is_bare_metal(board)
    emulator = next((each for each in board.emulators if each.machine), None)
    size = {kind: sum(m.size_bytes for m in board.memories if m.kind == kind) for kind in ("flash", "ram")}
    hardware = dict(board.firmware.hardware)
    package = toolchain_package(board)
    manifest: dict[str, object] = {
        "name": board.name,
        "vendor": "harness",
        "url": "",
        "build": {
            "mcu": board.core.id,
            "f_cpu": f"{board.clock_hz}L",
            "toolchain": package[0].rpartition("/")[2] if package else "",
            "prefix": program_prefix(board),
            "flags": board.core.flags,
            "link_flags": board.core.link_flags,
            "linker_script": f"{board.id}.ld" if bare else "",
        },
        "upload": {"maximum_size": size["flash"] or size["ram"], "maximum_ram_size": size["ram"]},
        "emulation": {
            "driver": emulator.driver if emulator else "",
            "machine": emulator.machine if emulator else "",
            "isa": board.core.isa,
        },
    }
    if {"boot_offset", "flash_offset"} <= hardware.keys():  # of a chip whose mask ROM loads the program
        offsets = {name: hardware[name] for name in ("boot_offset", "flash_offset")}
        manifest["flash"] = {"chip": emulator.machine if emulator else "", **offsets}
    files = {f"{PLATFORM_FOLDER}/boards/{board.id}.json": (json.dumps(manifest, indent=2) + "\n").encode()}
    if bare:
        script = "memory_avr" if board.core.isa == "avr" else "memory"
        files[f"{PLATFORM_FOLDER}/boards/{board.id}.ld"] = render(f"project/{script}.ld.j2", context).encode()
    return files
