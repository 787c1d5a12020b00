# SPDX-License-Identifier: Apache-2.0
"""One test over all files of boards, and what happens with a wrong one."""

from __future__ import annotations

import shutil
import sys
from configparser import ConfigParser
from itertools import combinations
from pathlib import Path

import pytest

from harness import proc, registry
from harness.boards import board_ids, load_board
from harness.emulation import ways
from harness.errors import BadBoard
from harness.firmware import render_project
from harness.settings import data_dir
from tests.conftest import ROOT
from tests.firmware.models import tiny_model

AT_ONCE = """
import sys, threading
from harness.boards import load_board
sys.setswitchinterval(1e-6)
gate = threading.Barrier(8)
found = []

def load():
    gate.wait()
    found.append(load_board("esp32").id)

threads = [threading.Thread(target=load) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*found, sep="\\n")
"""

BOARD = """\
name = "A board"
kind = "emulated"
core = "cortex-m3"
clock_hz = 1000

[firmware]
hal = "mps2"

[platformio]
platform = "local"

[[memories]]
name = "all"
kind = "ram"
address = 0
size_bytes = 1024
holds = ["code", "weights", "activations", "data", "stack"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of boards with the real cores and one board."""
    shutil.copytree(data_dir("boards") / "cores", tmp_path / "cores")
    (tmp_path / "mine.toml").write_text(BOARD)
    return tmp_path


@pytest.mark.parametrize("board_id", board_ids())
def test_a_board_is_complete(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    for emulator in board.emulators:
        assert emulator.driver in registry.names("harness.emulation")
    for one, two in combinations(board.memories, 2):
        assert one.address + one.size_bytes <= two.address or two.address + two.size_bytes <= one.address
    for memory in board.memories:
        assert memory.block_bytes <= memory.size_bytes
    assert board.kind == "real" or board.emulators, "nothing runs it"
    for way in ways(board):
        assert way.machine.core == board.core
        assert way.emulator.driver == way.driver.NAME
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    ini = ConfigParser(interpolation=None)
    ini.read(project.folder / "platformio.ini")
    environment = ini[f"env:{board_id}"]
    local = board.platformio.platform == "local"
    assert environment["platform"] == ("harness_emulated" if local else board.platformio.platform)
    assert any((project.folder / "src/hal").iterdir())


def test_a_board_of_one_file_is_enough(folder: Path, tmp_path: Path) -> None:
    board = load_board("mine", folder)
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    assert list(project.folder.glob("platforms/*/boards/mine.json"))
    assert "all" in next(project.folder.glob("platforms/*/boards/mine.ld")).read_text()


@pytest.mark.parametrize(
    ("wrong", "right", "nearest"),
    [
        ("clock_herz = 1000", "clock_hz = 1000", "clock_hz"),
        ('hall = "mps2"', 'hal = "mps2"', "hal"),
        ("size_byte = 1024", "size_bytes = 1024", "size_bytes"),
        ('platfrom = "local"', 'platform = "local"', "platform"),
    ],
)
def test_an_unknown_key_names_the_nearest_valid_one(folder: Path, wrong: str, right: str, nearest: str) -> None:
    (folder / "mine.toml").write_text(BOARD.replace(right, f"{right}\n{wrong}"))
    with pytest.raises(BadBoard, match=r"mine\.toml.*unknown key") as caught:
        load_board("mine", folder)
    assert f"Did you mean {nearest!r}?" in caught.value.hint


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('name = "A board"', 'name = "two\\nlines"'),
        ('platform = "local"', 'platform = "local\\n[env:evil]"'),
        ('platform = "local"', 'platform = "$(reboot)"'),
        *(
            ('platform = "local"', f'platform = "local"\ntoolchain = "{toolchain}"')
            for toolchain in (
                "toolchain-gccarmnoneeabi",  # whichever is newest
                "toolchain-gccarmnoneeabi@~1.90301.0",  # one of several
                "toolchain-gccarmnoneeabi@https://example.org/gcc.tar.gz",
                "toolchain-gccarmnoneeabi@symlink://gcc",  # from where?
                "toolchain-gccarmnoneeabi@1.2.3\\n[env:evil]",
            )
        ),
        ('hal = "mps2"', 'hal = "../mps2"'),
        ('name = "all"', 'name = "x); ENTRY(evil"'),
        ("clock_hz = 1000", "clock_hz = -1"),
        ("clock_hz = 1000", 'clock_hz = "fast"'),
        ("[firmware]", "[firmware]\nstack_bytes = 12"),
        ('"stack"]', "]"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_key(folder: Path, right: str, wrong: str) -> None:
    (folder / "mine.toml").write_text(BOARD.replace(right, wrong))
    with pytest.raises(BadBoard, match=r"^mine\.toml: "):
        load_board("mine", folder)


@pytest.mark.parametrize("flag", ["-O2;reboot", "$(reboot)", "-D'x'", "-Dx y", "x.o", "`id`"])
def test_a_core_flag_that_a_shell_would_expand_is_refused(folder: Path, flag: str) -> None:
    path = folder / "cores" / "cortex-m3.toml"
    path.write_text(path.read_text().replace('"-mthumb"', f'"{flag}"'))
    with pytest.raises(BadBoard, match=r"cortex-m3\.toml: line 4: flags"):
        load_board("mine", folder)


def test_threads_may_read_their_first_boards_at_once() -> None:
    ended = proc.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, timeout_seconds=60)
    assert (ended.exit_code, ended.output) == (0, "esp32\n" * 8)


@pytest.mark.parametrize("name", ["mine2", "../mine", "", "cores/cortex-m3"])
def test_an_unknown_board_names_the_valid_ones(folder: Path, name: str) -> None:
    with pytest.raises(BadBoard) as caught:
        load_board(name, folder)
    assert "mine" in caught.value.hint


def test_an_unknown_core_names_the_valid_ones(folder: Path) -> None:
    (folder / "mine.toml").write_text(BOARD.replace("cortex-m3", "cortex-m35"))
    with pytest.raises(BadBoard, match="cortex-m35") as caught:
        load_board("mine", folder)
    assert "cortex-m3" in caught.value.hint


def test_a_file_that_is_no_toml_is_refused(folder: Path) -> None:
    (folder / "mine.toml").write_text("name = ")
    with pytest.raises(BadBoard, match="not valid TOML"):
        load_board("mine", folder)


def test_the_key_of_a_board_changes_with_its_facts_and_with_its_cores(folder: Path) -> None:
    keys = [load_board("mine", folder).key, load_board("mine", folder).key]
    (folder / "mine.toml").write_text(BOARD.replace("1000", "2000"))
    keys.append(load_board("mine", folder).key)
    core = folder / "cores" / "cortex-m3.toml"
    core.write_text(core.read_text().replace('"unaligned"', '"dsp"'))
    keys.append(load_board("mine", folder).key)
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
