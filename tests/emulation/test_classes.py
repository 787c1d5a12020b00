# SPDX-License-Identifier: Apache-2.0
"""Exact counts by class of instruction, against Thumb-2 code with the class of each instruction beside it."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.boards import load_board
from harness.emulation import CountRequest, Counts, qemu
from harness.emulation._classes import CLASSES, INSTRUCTION_CLASSES, RECORDED
from harness.testing.board import missing_tools
from tests.emulation.images import CLASSES_SOURCE, MIXED_REQUEST, build_classes_image, build_mixed_image
from tests.emulation.line import Line

_RUNS = 50
_LAYERS = ("layer_arithmetic", "layer_products", "layer_loads", "layer_stores", "layer_branches", "layer_floats")
_REQUEST = CountRequest(caller="run_inference", inference="inference", layers=_LAYERS)
_PLUGIN = Path(qemu.__file__).parent / "plugin"
_CODE_ADDRESSES = (0x40, *(0x40 + shift for shift in (3060, 3126, 3252, 3282, 3444, 3684)))
# What the comments beside the instructions of layer_branches come to: two leaves, ten turns of a loop, and what jumps.
_BRANCHES = {
    **{
        "stm": 1,
        "stm_regs": 2,
        "mov_imm": 4,
        "alu": 11,
        "bcond": 15,
        "bcond_taken": 11,
        "it": 4,
        "ldm": 1,
        "ldm_regs": 2,
    },
    **{"b": 3, "call": 2, "bx": 2, "load": 1, "table_branch": 1, "load_wb": 2, "pc_load": 1, "flash_scattered": 2},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Counts, ...]:
    board = load_board("mps2_an386")
    if reason := missing_tools(board.id):
        pytest.skip(reason)
    image = build_classes_image(board, tmp_path_factory.mktemp("classes"))
    with qemu.DRIVER.start(board, image, count=_REQUEST) as session, Line(session.port) as line:
        line.ask(b"", 1)
        for _ in range(_RUNS):
            line.ask(b"r", 4)
        return session.counts()


@pytest.mark.parametrize("layer", [name for name in (*_LAYERS, "inference") if name != "layer_branches"])
def test_each_instruction_is_in_the_class_beside_it(runs: tuple[Counts, ...], layer: str) -> None:
    expected = Counter(_classes_of(layer))
    if layer == "inference":
        others = runs[0].layer_classes
        found = Counter(dict(runs[0].classes))
        found.subtract(Counter({name: sum(dict(each).get(name, 0) for each in others) for name in CLASSES}))
        assert +found == expected
    else:
        assert dict(runs[0].layer_classes[_LAYERS.index(layer)]) == expected


def test_branches_taken_and_not_taken_are_told_apart(runs: tuple[Counts, ...]) -> None:
    assert dict(runs[0].layer_classes[_LAYERS.index("layer_branches")]) == _BRANCHES


def test_fifty_runs_give_the_same_classes(runs: tuple[Counts, ...]) -> None:
    assert len(runs) == _RUNS
    assert len(set(runs)) == 1


def test_the_classes_add_up_to_the_instructions(runs: tuple[Counts, ...]) -> None:
    _assert_adds_up(runs[0])


def _assert_adds_up(counts: Counts) -> None:
    parts = [(counts.classes, counts.instructions)]
    parts += list(zip(counts.layer_classes, counts.layer_instructions, strict=True))
    for classes, instructions in parts:
        assert sum(count for name, count in classes if name in INSTRUCTION_CLASSES) == instructions
        assert set(dict(classes)) <= set(CLASSES)


@pytest.mark.parametrize(("board_id", "optimize"), [("mps2_an386", "-O2"), ("mps2_an385", "-Os")])
def test_the_classes_of_compiled_code_add_up_to_its_instructions(board_id: str, optimize: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    image = build_mixed_image(board, tmp_path, optimize)
    with qemu.DRIVER.start(board, image, count=MIXED_REQUEST) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        (counts,) = session.counts()
    _assert_adds_up(counts)
    branches = dict(counts.layer_classes[0])
    assert 0 < branches["bcond_taken"] < branches["bcond"]


def test_classes_do_not_depend_on_where_the_code_lies(tmp_path: Path) -> None:
    """QEMU divides code at the ends of its pages of 4 KB: between loads, behind branches, within an IT."""
    board = load_board("mps2_an386")
    layers = MIXED_REQUEST.layers[:2]  # an access to a device divides code as well
    request = dataclasses.replace(MIXED_REQUEST, layers=layers)
    found = set()
    for address in _CODE_ADDRESSES:
        image = build_mixed_image(board, tmp_path, "-O2", code_address=address)
        with qemu.DRIVER.start(board, image, count=request) as session, Line(session.port) as line:
            line.ask(b"r", 5)
            found.add(session.counts()[0].layer_classes)
    assert len(found) == 1


def test_other_cores_have_no_classes(tmp_path: Path) -> None:
    board = load_board("riscv32_virt")
    image = build_mixed_image(board, tmp_path, "-O2")
    with qemu.DRIVER.start(board, image, count=MIXED_REQUEST) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        (counts,) = session.counts()
    assert counts.classes == ()
    assert counts.layer_classes == ((), (), ())


def test_the_names_are_those_of_the_plugin() -> None:
    header = (_PLUGIN / "classes.h").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^  X\((\w+)\)", header, re.MULTILINE)) == RECORDED


def _classes_of(function: str) -> Iterator[str]:
    """Yield the words of the comments beside a function's instructions."""
    source = CLASSES_SOURCE.read_text(encoding="utf-8")
    body = source.split(f"function {function}\n")[1].split("endfunction")[0]
    for line in body.splitlines():
        yield from line.partition("@")[2].split()
