# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import proc
from harness.boards import load_board
from harness.errors import BuildError
from harness.firmware import build, render_project
from harness.firmware.elf import read_figures
from harness.firmware.image import read_image
from tests.firmware.conftest import Built, need
from tests.firmware.models import ARENA_BYTES, WEIGHTS_BYTES, tiny_model

BARE_BOARDS = {
    "mps2_an386": "arm-none-eabi-",
    "riscv32_virt": "riscv64-unknown-elf-",
    "xtensa_lx106_sim": "xtensa-lx106-elf-",
}
CALLS_EXPF = (
    "#include <math.h>\nvoid tiny_glue(void);\nvoid tiny_glue(void)\n{\n  tiny_arena[1] = expf(tiny_arena[2]);\n}\n"
)


def program(prefix: str, name: str, *arguments: str) -> str:
    finished = proc.run([f"{prefix}{name}", *arguments], timeout_seconds=30)
    assert finished.exit_code == 0, finished.output
    return finished.output


def sizes(prefix: str, elf: Path) -> dict[str, int]:
    """Bytes by symbol, as the toolchain's own nm tells them."""
    rows = [line.split() for line in program(prefix, "nm", "--print-size", "--radix=d", str(elf)).splitlines()]
    return {row[3]: int(row[1]) for row in rows if len(row) == 4}


@pytest.mark.parametrize("board_id", [*BARE_BOARDS, "host"])
def test_weights_and_activations_are_exact(built: Callable[[str], Built], board_id: str) -> None:
    _, image = built(board_id)
    assert image.figures.flash.weights_bytes == WEIGHTS_BYTES
    assert image.figures.model_ram_bytes == ARENA_BYTES
    assert image.figures.heap_bytes == 0


@pytest.mark.parametrize("board_id", BARE_BOARDS)
def test_the_totals_are_what_the_toolchain_counts(built: Callable[[str], Built], tmp_path: Path, board_id: str) -> None:
    _, image = built(board_id)
    prefix = BARE_BOARDS[board_id]
    text, data, bss, *_ = program(prefix, "size", str(image.elf)).splitlines()[1].split()
    stack = load_board(board_id).firmware.stack_bytes
    assert image.figures.flash.total_bytes == int(text) + int(data)
    assert image.figures.static_ram_bytes == int(data) + int(bss) - stack
    regions = {section.name: section.region for section in image.figures.sections}
    assert regions[".text"] == regions[".rodata"] == "flash"
    assert regions[".data"] == regions[".bss"] == regions[".noinit"] == regions[".stack"] == "ram"
    binary = tmp_path / "image.bin"
    program(prefix, "objcopy", "-O", "binary", str(image.elf), str(binary))
    assert 0 <= binary.stat().st_size - image.figures.flash.total_bytes < 16  # the gaps between sections


@pytest.mark.parametrize("board_id", BARE_BOARDS)
def test_code_holds_the_generated_functions_and_the_library_that_only_they_call(
    built: Callable[[str], Built], board_id: str
) -> None:
    _, image = built(board_id)
    by_symbol = sizes(BARE_BOARDS[board_id], image.elf)
    generated = by_symbol["tiny_layer"] + by_symbol["tiny_invoke"] + by_symbol["tiny_reset"]
    assert by_symbol["expf"] > 100
    assert generated + by_symbol["expf"] <= image.figures.flash.code_bytes
    everything_else = sum(size for name, size in by_symbol.items() if name.startswith(("harness_", "hal_")))
    assert image.figures.flash.code_bytes < image.figures.flash.total_bytes - everything_else - WEIGHTS_BYTES


@pytest.mark.parametrize("board_id", BARE_BOARDS)
def test_library_code_that_others_call_too_is_not_the_models(
    built: Callable[[str], Built], tmp_path: Path, board_id: str
) -> None:
    _, image = built(board_id)
    board = load_board(board_id)
    binding = tiny_model(glue=CALLS_EXPF).files["tiny_binding.c"].replace("tiny_reset, 1", "tiny_glue, 1")
    project = render_project(tiny_model(more={"tiny_binding.c": binding}), board, tmp_path / "p", optimize="speed")
    shared = build(project, board)
    by_symbol = sizes(BARE_BOARDS[board_id], shared.elf)
    assert shared.figures.flash.weights_bytes == WEIGHTS_BYTES
    assert shared.figures.flash.code_bytes <= image.figures.flash.code_bytes - by_symbol["expf"]
    generated = by_symbol["tiny_layer"] + by_symbol["tiny_invoke"]
    assert generated <= shared.figures.flash.code_bytes < image.figures.flash.code_bytes


def test_constants_that_lie_in_ram_count_as_weights_and_as_the_models_ram(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    board = load_board("mps2_an386")
    table = '#include <stdint.h>\n#include "tiny.h"\nint32_t tiny_table[50] = {1, 2};\n'
    source = (
        tiny_model()
        .files["tiny.c"]
        .replace("  tiny_layer();", "  tiny_layer();\n  tiny_arena[0] += (float)tiny_table[3];")
    )
    source = source.replace('#include "tiny.h"', '#include "tiny.h"\nextern int32_t tiny_table[50];')
    model = tiny_model(more={"table.c": table, "tiny.c": source})
    image = build(render_project(model, board, tmp_path / "p", optimize="speed"), board)
    assert image.figures.flash.weights_bytes == WEIGHTS_BYTES + 200
    assert image.figures.model_ram_bytes == ARENA_BYTES + 200


@pytest.mark.parametrize("board_id", BARE_BOARDS)
def test_references_of_the_image_are_the_calls_that_the_disassembler_shows(
    built: Callable[[str], Built], board_id: str
) -> None:
    _, built_image = built(board_id)
    image = read_image(built_image.elf)
    functions = {symbol.name: symbol.address for symbol in image.symbols if symbol.is_function}
    prefix = BARE_BOARDS[board_id]
    start = functions["tiny_layer"]
    end = start + sizes(prefix, built_image.elf)["tiny_layer"]
    span = (f"--start-address={start}", f"--stop-address={end}")
    text = program(prefix, "objdump", "-d", "--no-show-raw-insn", *span, str(built_image.elf))
    called = {name for name in re.findall(r"<(\w+)>$", text, re.MULTILINE) if name in functions}
    assert "expf" in called
    targets = {target for place, target in image.references if start <= place < end}
    assert {functions[name] for name in called} <= targets


def test_a_file_that_is_no_image_is_a_build_error(tmp_path: Path) -> None:
    nothing = tmp_path / "firmware.elf"
    nothing.write_bytes(b"\x7fELF but not really")
    with pytest.raises(BuildError, match="cannot be read"):
        read_figures(nothing, tmp_path / "firmware.map", load_board("mps2_an386"))


def test_an_image_without_its_map_is_a_build_error(built: Callable[[str], Built], tmp_path: Path) -> None:
    _, image = built("mps2_an386")
    with pytest.raises(BuildError, match="map"):
        read_figures(image.elf, tmp_path / "missing.map", load_board("mps2_an386"))
