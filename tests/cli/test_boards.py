# SPDX-License-Identifier: Apache-2.0
"""The list of boards, all facts of one, and the page that explains the keys of a board's file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec import Struct
from serial.tools import list_ports

from harness.boards import board_ids, load_board, schema
from harness.cli._board_view import size_text
from harness.cli.app import run
from harness.cli.boards import complete_board
from tests.conftest import ROOT


@dataclass(frozen=True)
class Port:
    """What pyserial tells of a connected port."""

    device: str
    vid: int | None
    pid: int | None


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> list[Port]:
    """The ports of this machine: none, or what a test puts into the list."""
    connected: list[Port] = []
    monkeypatch.setattr(list_ports, "comports", lambda: connected)
    return connected


@pytest.fixture
def no_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_QEMU_ARM", "no-such-emulator")
    monkeypatch.setenv("HARNESS_QEMU_RISCV32", "no-such-emulator")


def told_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["boards", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_list_shows_every_board_uncut(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["boards", "list"]) == 0
    output = capsys.readouterr().out
    for board in map(load_board, board_ids()):
        assert re.search(rf"^{board.id} +{board.kind} +{board.core.id} ", output, re.MULTILINE)
        assert board.name in output


def test_the_list_fits_into_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "list"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_the_list_as_json_tells_memory_and_how_each_board_can_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    told = told_json(capsys, "list")
    assert told["schema"] == 1
    boards = {board["id"]: board for board in told["boards"]}
    assert set(boards) == set(board_ids())
    assert boards["nucleo_l4r5zi"]["ram_bytes"] == 655_360
    assert boards["nucleo_l4r5zi"]["flash_bytes"] == 2_097_152
    assert boards["host"]["flash_bytes"] is None
    assert boards["host"]["here"]["status"] == "host"
    assert boards["esp32_arduino"]["here"] == {"status": "absent", "ports": [], "emulators": []}


def test_a_board_without_its_emulator_is_absent(no_qemu: None, capsys: pytest.CaptureFixture[str]) -> None:
    board = told_json(capsys, "show", "mps2_an386")["board"]
    assert board["here"]["status"] == "absent"
    emulator = {"driver": "qemu", "machine": "mps2-an386", "stand_in": None, "version": None}
    assert board["here"]["emulators"] == [emulator]
    assert run(["boards", "show", "mps2_an386"]) == 0
    assert "missing, see harness doctor" in capsys.readouterr().out


def test_a_real_board_with_a_price_and_no_emulator_to_count_on_is_absent(
    no_qemu: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_json(capsys, "show", "nucleo_l4r5zi")["board"]["here"]["status"] == "absent"


def test_a_board_on_a_usb_port_is_connected(ports: list[Port], capsys: pytest.CaptureFixture[str]) -> None:
    ports += [Port("/dev/ttyS0", None, None), Port("/dev/ttyUSB3", 0x10C4, 0xEA60)]
    here = told_json(capsys, "show", "esp32")["board"]["here"]
    assert (here["status"], here["ports"]) == ("connected", ["/dev/ttyUSB3"])
    assert run(["boards", "list"]) == 0
    assert re.search(r"^esp32 +.*/dev/ttyUSB3$", capsys.readouterr().out, re.MULTILINE)


def test_a_board_is_shown_with_memories_estimate_errors_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "show", "nucleo_l4r5zi"]) == 0
    output = re.sub(r"\s+", " ", capsys.readouterr().out)
    price = load_board("nucleo_l4r5zi").estimate
    assert price is not None
    for fact in ("0x20000000", "640 KB", "0483:374b", "ststm32", "120 MHz", price.cycles_source, price.power_source):
        assert fact in output
    assert "mps2_an386, its core" in output
    assert f"{price.cycles_per_instruction:g} cycles an instruction, within 10 %" in output


def test_a_board_as_json_has_every_key_of_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    board = told_json(capsys, "show", "nucleo_l4r5zi")["board"]
    assert set(schema.Board.__struct_fields__) <= set(board)
    assert board["here"]["emulators"][0]["stand_in"] == "mps2_an386"
    assert board["estimate_note"] is None


def test_an_uncalibrated_board_is_said_to_have_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "show", "esp32"]) == 0
    output = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert "nobody has calibrated this board" in output
    assert "30 to 50 % off" in output
    assert "30 to 50 % off" in told_json(capsys, "show", "esp32")["board"]["estimate_note"]


@pytest.mark.parametrize("columns", ["40", "80"])
def test_nothing_of_a_board_is_cut_off(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for board in ("esp32", "disco_f407vg", "simavr_atmega2560"):
        assert run(["boards", "show", board]) == 0
        output = capsys.readouterr().out
        assert "…" not in output, output
        assert load_board(board).emulators[0].driver in output


def test_an_unknown_board_ends_with_two_and_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", "show", "mps2_an368"]) == 2
    assert "Did you mean 'mps2_an386'?" in capsys.readouterr().err


def test_the_shell_completes_boards() -> None:
    assert complete_board("mps2") == [board for board in board_ids() if board.startswith("mps2")]


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (113_840, "111.2 KB"), (1 << 21, "2 MB")],
)
def test_sizes_are_written_in_the_largest_unit_that_they_fill(size_bytes: int | None, text: str) -> None:
    assert size_text(size_bytes) == text


TABLES: dict[str, type[Struct]] = {
    "The board": schema.Board,
    "`[firmware]`": schema.FirmwareFacts,
    "`[platformio]`": schema.PlatformIO,
    "`[[memories]]`": schema.Memory,
    "`[[emulators]]`": schema.Emulator,
    "`[usb]`": schema.Usb,
    "`[estimate]`": schema.Estimate,
    "`[base]`": schema.Base,
    "A core's file": schema.Core,
}


@pytest.mark.parametrize("heading", sorted(TABLES))
def test_the_page_on_boards_explains_every_key(heading: str) -> None:
    page = (ROOT / "docs" / "boards.md").read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(heading)}$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert section is not None
    told = re.findall(r"^\| `\[*(\w+)\]*` \|", section.group(1), re.MULTILINE)
    assert sorted(told) == sorted(set(TABLES[heading].__struct_fields__) - {"id"})
