# SPDX-License-Identifier: Apache-2.0
"""What a session says of an emulator that has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.emulation._session import how_it_ended, last_words

_ESPRESSIF = """Adding SPI flash device
Warning: both -bios and -kernel arguments specified. Only loading the the -kernel file.
Loading kernel at address 0x40380080
qemu-system-riscv32: warning: icount sleep disabled and no active timers
qemu-system-riscv32: terminating on signal 15
"""


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (-9, "was ended by SIGKILL"),
        (137, "was ended by SIGKILL"),  # told by the shell script by which Renode is started
        (134, "was ended by SIGABRT"),
        (0, "ended with exit code 0"),
        (1, "ended with exit code 1"),
        (255, "ended with exit code 255"),
    ],
)
def test_an_emulator_ends_by_itself_or_by_a_signal(exit_code: int, words: str) -> None:
    assert how_it_ended(exit_code) == words


def test_the_last_words_are_the_emulators_complaints_alone() -> None:
    started = Path(__file__).parent / "transcripts" / "renode_start.txt"
    said = last_words(started.read_bytes().decode().partition("(board) 22:42:23")[0])
    assert said == ": Renode, version 1.16.1 (97b1af36)"
    assert last_words(_ESPRESSIF) == ": qemu-system-riscv32: terminating on signal 15"
    assert last_words("qemu: warning: nic lan9118.0 has no peer\n") == " without a word"
    assert last_words("\nqemu: could not load kernel\n\n") == ": qemu: could not load kernel"
    assert last_words("(board) include @/a.py\n\n(board) 22:42:23.1677 [WARNING] usart2: Unknown baud rate\n").endswith(
        "rate"
    )
