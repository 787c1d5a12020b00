# SPDX-License-Identifier: Apache-2.0
"""How boards look, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from harness.boards import Board, Estimate, Memory
from harness.cli._console import console, print_whole
from harness.cli._reach import Reach

NO_PRICE = "none: nobody has calibrated this board, and without that an estimate is 30 to 50 % off"

_WIDEST = 80  # of the tables, in a narrower terminal: in less, words would be cut
_STYLES = {"connected": "green", "emulated": "green", "host": "green", "estimated": "yellow", "absent": "red"}


def summary(board: Board, reach: Reach) -> dict[str, Any]:
    """Return the line of a board in the list, as JSON."""
    return {
        "id": board.id,
        "name": board.name,
        "kind": board.kind,
        "core": board.core.id,
        "clock_hz": board.clock_hz,
        "ram_bytes": total_bytes(board, "ram"),
        "flash_bytes": total_bytes(board, "flash"),
        "here": _here(board, reach),
    }


def facts(board: Board, reach: Reach) -> dict[str, Any]:
    """Return all facts of a board, as JSON: the keys of its file, and what this machine can do with it."""
    return {
        **board.facts(),
        "estimate_note": None if _has_price(board) else NO_PRICE,
        "here": _here(board, reach),
    }


def print_list(boards: Sequence[Board], reach: Mapping[str, Reach]) -> None:
    """Print a line for each board, its name below: nothing is cut off, however narrow the terminal."""
    out = console()
    head = ("BOARD", "KIND", "CORE", "RAM", "FLASH", "HERE")
    lines = [
        (
            board.id,
            board.kind,
            board.core.id,
            size_text(total_bytes(board, "ram")),
            size_text(total_bytes(board, "flash")),
            reach[board.id].label,
        )
        for board in boards
    ]
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    out.print(Text(_aligned(head, widths), style="bold"), soft_wrap=True)
    for board, line in zip(boards, lines, strict=True):
        text = Text(_aligned(line, widths))
        text.stylize("bold", 0, len(board.id))
        text.stylize(_STYLES[reach[board.id].status], len(text) - len(line[-1]))
        out.print(text, soft_wrap=True)
        out.print(Text(f"  {board.name}", style="dim"), soft_wrap=True)
    out.print()
    out.print(Text("harness boards show BOARD tells all facts of one.", style="dim"), soft_wrap=True)


def print_board(board: Board, reach: Reach) -> None:
    """Print all facts of a board."""
    out = console()
    out.print(Text(board.id, style="bold"), soft_wrap=True)
    out.print(Text(board.name, style="dim"))
    out.print()
    out.print(_pairs(_board_facts(board, reach)))
    print_whole(_memory_table(board.memories), widest=_WIDEST)
    if reach.emulators:
        print_whole(_emulator_table(board, reach), widest=_WIDEST)
    if board.estimate is not None:
        out.print(Text("Estimate", style="bold"), Text("(only with --estimate)", style="dim"))
        out.print(_pairs(_estimate_facts(board.estimate)))
    elif not _has_price(board):
        out.print(_pairs([("estimate", NO_PRICE)]))


def total_bytes(board: Board, kind: str) -> int | None:
    """Return the size of all memories of a kind together, or None where the board has none of it."""
    sizes = [memory.size_bytes for memory in board.memories if memory.kind == kind]
    return sum(sizes) if sizes else None


def size_text(size_bytes: int | None) -> str:
    """Return a size in the largest unit of 1,024 that it fills, or a dash where there is none."""
    if size_bytes is None:
        return "-"
    for unit, name in ((1 << 20, "MB"), (1 << 10, "KB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size_bytes} B"


def _has_price(board: Board) -> bool:
    """Emulated boards and the host have no time that could be estimated: only a real board lacks a price."""
    return board.kind != "real" or board.estimate is not None


def _here(board: Board, reach: Reach) -> dict[str, Any]:
    return {
        "status": reach.status,
        "ports": list(reach.ports),
        "emulators": [
            {
                "driver": way.driver.NAME,
                "machine": way.emulator.machine,
                "stand_in": None if way.machine.id == board.id else way.machine.id,
                "version": version,
            }
            for way, version in reach.emulators
        ],
    }


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Text to the left, sizes to the right, the last column as long as it is."""
    right = (3, 4)
    padded = [
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([*padded[:-1], cells[-1]])


def _pairs(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, width=12)
    table.add_column()
    for key, value in pairs:
        table.add_row(key, Text(value))
    return table


def _board_facts(board: Board, reach: Reach) -> list[tuple[str, str]]:
    pio, firmware = board.platformio, board.firmware
    environment = [f"platform {pio.platform}"]
    environment += [f"board {pio.board}"] if pio.board else []
    environment += [f"framework {pio.framework}"] if pio.framework else []
    rows = [
        ("kind", board.kind),
        ("here", reach.label),
        ("core", f"{board.core.id} ({board.core.isa}): {', '.join(sorted(board.core.features))}"),
        ("clock", f"{board.clock_hz / 1e6:,g} MHz" if board.kind != "host" else "unknown: its time means nothing"),
        ("toolchain", " ".join((pio.toolchain or board.core.toolchain, *board.core.flags, *board.core.link_flags))),
        ("firmware", f"HAL {firmware.hal}, {firmware.baud:,} baud, {size_text(firmware.stack_bytes)} of stack"),
        ("PlatformIO", ", ".join(environment)),
    ]
    return [*rows, ("USB ids", ", ".join(board.usb.ids))] if board.usb is not None else rows


def _estimate_facts(price: Estimate) -> list[tuple[str, str]]:
    return [
        ("latency", f"{price.cycles_per_instruction:g} cycles an instruction, within {price.cycles_error * 100:g} %"),
        ("  source", price.cycles_source),
        ("energy", f"{price.active_mw_per_mhz:g} mW/MHz at {price.supply_v:g} V, within {price.power_error * 100:g} %"),
        ("  source", price.power_source),
    ]


def _memory_table(memories: Sequence[Memory]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("MEMORY", no_wrap=True)
    table.add_column("KIND", no_wrap=True)
    table.add_column("ADDRESS", no_wrap=True)
    table.add_column("SIZE", justify="right", no_wrap=True)
    table.add_column("BLOCK", justify="right", no_wrap=True)
    table.add_column("WAITS", justify="right", no_wrap=True)
    table.add_column("HOLDS")
    for memory in memories:
        table.add_row(
            memory.name,
            memory.kind,
            f"0x{memory.address:08x}",
            size_text(memory.size_bytes),
            size_text(memory.block_bytes),
            str(memory.wait_states),
            ", ".join(memory.holds),
        )
    return table


def _emulator_table(board: Board, reach: Reach) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("EMULATOR", no_wrap=True)
    table.add_column("MACHINE", overflow="fold")
    table.add_column("IMAGE FOR")
    table.add_column("VERSION")
    table.add_column("TIMER", justify="right", no_wrap=True)
    for way, version in reach.emulators:
        found = version if version is not None else Text("missing, see harness doctor", style="red")
        image = "this board" if way.machine.id == board.id else f"{way.machine.id}, its core"
        timer = f"{way.emulator.timer_hz / 1e6:,g} MHz"
        table.add_row(way.driver.NAME, way.emulator.machine, image, found, timer)
    return table
