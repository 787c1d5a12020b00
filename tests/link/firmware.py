# SPDX-License-Identifier: Apache-2.0
"""The real firmware as a process of this machine, with a model of three layers written by hand."""

from __future__ import annotations

import os
import subprocess
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import proc
from harness.settings import data_dir
from harness.transports import Stream, Tap, open_port

HERE = Path(__file__).resolve().parent
MAX_PAYLOAD = 1024
INPUT_BYTES = (40, 24)
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-g")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def compile_c(target: Path, sources: list[Path], *flags: str) -> Path:
    """Compile C files of the firmware templates and of this folder."""
    config = target.parent / "harness_config.h"
    if not config.exists():
        config.write_text("#define HARNESS_INPUT_BYTES 80\n")
    include = data_dir("firmware_templates") / "project" / "include"
    files = [str(source) for source in sources]
    done = proc.run(
        ["gcc", *WARNINGS, *flags, f"-I{target.parent}", f"-I{include}", *files, "-o", str(target)], timeout_seconds=60
    )
    assert done.exit_code == 0, done.output
    return target


def build_firmware(folder: Path, *flags: str) -> Path:
    """Build the firmware of the host board around the tiny model."""
    templates = data_dir("firmware_templates")
    sources = sorted((templates / "project" / "src").glob("*.c")) + sorted((templates / "hal" / "posix").glob("*.c"))
    return compile_c(folder / "firmware", [*sources, HERE / "tiny_model.c"], *flags)


@dataclass(frozen=True, slots=True)
class Running:
    """A firmware process and the port it is reached by."""

    process: subprocess.Popen[bytes]
    stream: Stream


@contextmanager
def running(image: Path, tap: Tap | None = None) -> Iterator[Running]:
    """Start a firmware on a pty and open its other end."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    process = proc.start([str(image)], stdin=ours, stdout=ours, stderr=subprocess.PIPE)
    try:
        os.close(ours)
        with open_port(os.ttyname(theirs), tap=tap) as stream:
            os.close(theirs)  # only now: a pty whose last user has gone says so to the firmware, which would end
            yield Running(process, stream)
    finally:
        proc.stop(process)
