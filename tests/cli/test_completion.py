# SPDX-License-Identifier: Apache-2.0
"""What the shell offers: commands, options, and boards by the beginning of their ids."""

from __future__ import annotations

import os
import sys

import pytest

from harness import proc


def offered(line: str) -> set[str]:
    """Return what completes the last word of a command line in bash."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_HARNESS_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ended = proc.run([sys.executable, "-m", "harness.cli.app"], timeout_seconds=60, env=environment)
    return set(ended.output.split())


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("harness lad", {"ladder"}),
        ("harness ladder m.keras --sam", {"--samples"}),
        ("harness ladder m.keras --board mps2_an38", {"mps2_an385", "mps2_an386"}),
        ("harness ladder m.keras --data dig", {"digits"}),
        ("harness bench m.tflite --board micro", {"microbit"}),
        ("harness run --board riscv", {"riscv32_virt"}),
    ],
)
def test_the_shell_completes(line: str, wanted: set[str]) -> None:
    assert offered(line) == wanted
