# SPDX-License-Identifier: Apache-2.0
"""What single layers take in flash: ``python benchmarks/fit_kernels.py --board B [--board B ...] [--operator OP ...]``.

``benchmarks/fit.py`` measures the kinds of layers that whole models hold. This compiles and links a layer of every
operator and type alone, as the board's firmware does, and writes into the file of the core what the function takes, and
what it brings along of the compiler's libraries and of the project's own arithmetic (exponentials, what the core cannot
do): the table ``[kernels]``. What the firmware has without a model, in a build of ``examples/digits.tflite``, does not
count. With ``--operator`` only those are measured, and what the table says of others stays.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from fit import function_sizes, helper_sizes, layer_size, replace_tables  # noqa: E402

from harness import proc  # noqa: E402
from harness.boards import Board, load_board  # noqa: E402
from harness.errors import HarnessError  # noqa: E402
from harness.firmware import build, render_project  # noqa: E402
from harness.firmware.linkmap import parse_map  # noqa: E402
from harness.firmware.toolchain import build_flags, program_prefix, source_flags  # noqa: E402
from harness.footprint import helpers_of, layer_kind  # noqa: E402
from harness.runtimes.codegen import RUNTIME, lower_model  # noqa: E402
from harness.settings import data_dir  # noqa: E402
from harness.testing.operators import OperatorContract  # noqa: E402
from tests.ops.contracts import contracts  # noqa: E402

CASES = (1, 2)  # numbers of an operator's and type's cases: two windows, two shapes
MORE_CASES = {"hybrid": (1, 2, 3, 4)}  # a window or one pixel, the input's quantization with a zero point or without
ARITHMETIC = {"xtensa": ("integers.c", "floats.c", "doubles.c")}  # of the project, by instruction set
_LOADED = re.compile(r"^\.(text|rodata|data|literal|progmem|iram|irom|near)")
_MEMBER = re.compile(r"lib(?:m|c|gcc)[^/]*\.a\((.+)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """One layer, linked alone: its kind and bytes, those of the helpers, what it has of libraries with its bytes."""

    kind: str
    size_bytes: int
    helpers: tuple[tuple[str, int], ...]
    members: tuple[tuple[str, int], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", action="append", required=True)
    parser.add_argument("--operator", action="append", help="measure these alone; others stay as they are")
    arguments = parser.parse_args()
    for board in map(load_board, arguments.board):
        with tempfile.TemporaryDirectory() as scratch:
            known = firmware_members(board, Path(scratch) / "digits")
            arithmetic = compile_arithmetic(board, Path(scratch) / "arithmetic")
            cases = models(arguments.operator)
            found = [one for case in cases for one in measure(board, case, Path(scratch), arithmetic)]
        write(board, found, known, keep=arguments.operator is not None)
        print(f"{board.core.id}: {len({one.kind for one in found})} kinds of layers")


def models(operators: Container[str] | None) -> Iterable[bytes]:
    """Yield a few cases of every operator, or of those named, and type."""
    for contract in contracts(OperatorContract):
        if operators is not None and contract.operator not in operators:
            continue
        for dtype in contract.dtypes:
            cases = MORE_CASES.get(dtype, CASES)
            drawn = contract().models(dtype, max(cases) + 1)
            yield from (drawn[number] for number in cases)


def firmware_members(board: Board, folder: Path) -> frozenset[str]:
    """Return what is of libraries in a firmware whose model needs none of its own."""
    model = (ROOT / "examples" / "digits.tflite").read_bytes()
    rendered = RUNTIME.render(model, board, name="digits")
    image = build(render_project(rendered, board, folder, optimize="speed"), board)
    return frozenset(name for name, _ in library_members(image.elf.with_suffix(".map"), board))


def compile_arithmetic(board: Board, folder: Path) -> tuple[Path, ...]:
    """Compile what the project has of arithmetic for the board's core, and return the objects."""
    folder.mkdir()
    sources = [
        data_dir("firmware_templates") / "project" / board.core.isa / n for n in ARITHMETIC.get(board.core.isa, ())
    ]
    for source in sources:
        run([*compiler(board), "-c", str(source)], folder)
    return tuple(folder / source.with_suffix(".o").name for source in sources)


def measure(board: Board, model: bytes, folder: Path, arithmetic: Iterable[Path]) -> Iterable[Alone]:
    """Compile and link one model; none where the board has no kernel, or no room. A variable is read and assigned."""
    try:
        rendered = RUNTIME.render(model, board, name="alone")
        lowering = lower_model(model, board, name="alone")
    except HarnessError:
        return
    (folder / "alone").mkdir(exist_ok=True)
    elf = link(board, rendered.files, rendered.invoke_symbol, folder / "alone", arithmetic)
    sizes = function_sizes(elf)
    for layer in lowering.layers:
        yield Alone(
            kind=layer_kind(layer),
            size_bytes=layer_size(sizes, layer.symbol),
            helpers=helper_sizes(sizes, helpers_of([layer])),
            members=library_members(elf.with_suffix(".map"), board),
        )


def link(board: Board, files: Mapping[str, str], entry: str, folder: Path, arithmetic: Iterable[Path]) -> Path:
    """Compile generated files with the board's flags, and link what the entry reaches."""
    include = data_dir("firmware_templates") / "project" / "include"
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sources = sorted(name for name in files if name.endswith(".c") and not name.endswith("_binding.c"))
    ends = ("-nostartfiles", "-Wl,--gc-sections", f"-Wl,-e,{entry}", f"-Wl,-u,{entry}", "-Wl,-Map=alone.map")
    loose = ("-Wl,--unresolved-symbols=ignore-all", "-lm", "-o", "alone.elf")
    compiled = ("-I.", f"-I{include}", *sources, *map(str, arithmetic))
    run([*compiler(board), *compiled, *board.core.link_flags, *ends, *loose], folder)
    return folder / "alone.elf"


def compiler(board: Board) -> tuple[str, ...]:
    """Return the compiler and the flags for whatever is in the board's firmware."""
    sections = ("-ffunction-sections", "-fdata-sections")
    return (f"{program_prefix(board)}gcc", *board.core.flags, *build_flags("speed"), *source_flags(board), *sections)


def run(command: list[str], folder: Path) -> None:
    ended = proc.run(command, timeout_seconds=120, cwd=folder)
    if ended.exit_code != 0:
        raise SystemExit(ended.output)


def library_members(path: Path, board: Board) -> tuple[tuple[str, int], ...]:
    """Return what an image has of libraries, with the bytes in flash: an archive's members, the project's functions."""
    text = path.read_text(encoding="utf-8", errors="replace")
    outputs = set(re.findall(r"^(\.[\w.]+)", text, re.MULTILINE))
    own = {Path(source).stem for source in ARITHMETIC.get(board.core.isa, ())}
    found: dict[str, int] = defaultdict(int)
    for piece in parse_map(text, {name for name in outputs if _LOADED.match(name)}):
        if (member := _MEMBER.search(piece.file)) is not None:
            found[member[1]] += piece.size_bytes
        elif (unit := Path(piece.file).name.partition(".")[0]) in own:
            found[f"{unit}:{piece.name.rpartition('.')[2]}"] += piece.size_bytes
    return tuple(sorted(found.items()))


def write(board: Board, found: list[Alone], known: frozenset[str], *, keep: bool) -> None:
    """Replace the table of the core's file, or with ``keep`` what it says of the kinds found."""
    before = board.core.kernels if keep else None
    layers: dict[str, list[int]] = defaultdict(list)
    helpers: dict[str, int] = {}
    libraries: dict[str, int] = {}
    calls: dict[str, set[str]] = defaultdict(set)
    for one in found:
        layers[one.kind].append(one.size_bytes)
        helpers.update(one.helpers)
        own = {name: size for name, size in one.members if name not in known}
        libraries.update(own)
        calls[one.kind] |= own.keys()
    if before is not None:
        kinds = dict.fromkeys(layers)
        layers |= {kind: [size] for kind, size in before.layers if kind not in kinds}
        calls |= {kind: set(names) for kind, names in before.calls if kind not in kinds}
        helpers, libraries = helpers | dict(before.helpers), libraries | dict(before.libraries)
    lines = [
        "[kernels] # measured by benchmarks/fit_kernels.py",
        f"date = {datetime.datetime.now(datetime.UTC).date().isoformat()}",
        "[kernels.layers]",
        *(f'"{kind}" = {round(mean(sizes))}' for kind, sizes in sorted(layers.items())),
        "[kernels.helpers]",
        *(f"{name} = {size}" for name, size in sorted(helpers.items())),
        "[kernels.libraries]",
        *(f'"{name}" = {size}' for name, size in sorted(libraries.items())),
        "[kernels.calls]",
        *(f'"{kind}" = [{_quoted(names)}]' for kind, names in sorted(calls.items()) if names),
    ]
    replace_tables(ROOT / "boards" / "cores" / f"{board.core.id}.toml", "kernels", lines)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


if __name__ == "__main__":
    main()
