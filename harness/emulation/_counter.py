# SPDX-License-Identifier: Apache-2.0
"""The counter: builds the plugin, tells it what to count, reads its records (``plugin/harness_counter.c``)."""

from __future__ import annotations

import functools
import hashlib
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness import proc
from harness.boards import Board
from harness.emulation._base import ClassCounts, CountRequest, Counts
from harness.emulation._classes import FLASH_SCATTERED, FLASH_SEQUENTIAL, RECORDED
from harness.emulation._count_files import CountFile, file_in_memory, what_to_count
from harness.errors import OpenError, ToolError
from harness.settings import cache_dir, writing_cache

_SOURCES = Path(__file__).parent / "plugin"
_FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden")
_OTHER = "other"
# Others are counted too, only slower.
_ISA = {"thumb1": "thumb", "thumb2": "thumb", "rv32": "riscv", "xtensa": "xtensa"}
_COMPILE_SECONDS = 60.0


@functools.cache
def build_plugin(api: int) -> Path:
    """Return the plugin compiled for a version of QEMU's plugin interface, compiling it on first use.

    It lies in the cache, under the hash of its sources, flags and version. Raises OpenError where it does not compile.
    """
    flags = (*_FLAGS, f"-DHARNESS_PLUGIN_API={api}")
    parts = (*(path.read_bytes() for path in sorted(_SOURCES.glob("*.[ch]"))), *(flag.encode() for flag in flags))
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    plugin = cache_dir() / "plugins" / f"harness_counter-api{api}-{key}.so"
    if not plugin.is_file():
        with writing_cache():
            plugin.parent.mkdir(parents=True, exist_ok=True)
        unfinished = plugin.with_suffix(f".{os.getpid()}")
        _compile(
            [
                os.environ.get("CC") or "gcc",
                *flags,
                *(str(path) for path in sorted(_SOURCES.glob("*.c"))),
                "-o",
                str(unfinished),
            ]
        )
        unfinished.replace(plugin)  # whoever is first: both are the same
    return plugin


def _compile(command: list[str]) -> None:
    try:
        finished = proc.run(command, timeout_seconds=_COMPILE_SECONDS)
    except ToolError as error:
        raise OpenError(
            f"the instruction counter cannot be compiled: {error.message}",
            hint="Install a C compiler: apt-get install gcc libc6-dev.",
            log=error.log,
        ) from error
    if finished.exit_code != 0:
        raise OpenError(f"the instruction counter does not compile:\n{finished.output}", log=finished.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What QEMU is given: an argument, and the open files that it names."""

    argument: str
    pass_fds: tuple[int, ...]
    records: Records


def open_counter(board: Board, image: Path, request: CountRequest, api: int, resources: ExitStack) -> Counter:
    """Prepare to count an image. Raises OpenError where a function is missing or the plugin cannot be compiled."""
    plugin = build_plugin(api)
    config_fd = file_in_memory("counter-config", what_to_count(board, image, request), resources)
    records_fd = file_in_memory("counter-records", b"", resources)
    file = str(plugin).replace(",", ",,")  # how QEMU writes a comma in an option's value
    return Counter(
        argument=f"file={file},config={config_fd},records={records_fd},isa={_ISA.get(board.core.isa, 'other')}",
        pass_fds=(config_fd, records_fd),
        records=Records(
            records_fd,
            layers=len(request.layers),
            memories=(*(memory.name for memory in board.memories), _OTHER),
            flash=frozenset(memory.name for memory in board.memories if memory.kind == "flash"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What the inference, or one of its layers, did."""

    instructions: int
    reads: tuple[tuple[str, int], ...]
    classes: ClassCounts


class Records(CountFile):
    """Counts by class of instruction and by memory (byte layout: ``plugin/harness_counter.c``)."""

    def __init__(self, fd: int, *, layers: int, memories: tuple[str, ...], flash: frozenset[str]) -> None:
        self._memories = memories
        self._flash = flash
        self._words = len(RECORDED) + 1 + 3 * len(memories)  # of a part
        super().__init__(fd, 1 + (1 + layers) * self._words)

    def _parse(self, words: tuple[int, ...]) -> Counts:
        known, starts = words[0] != 0, range(1, len(words), self._words)
        whole, *layers = [self._part(words[at : at + self._words], known) for at in starts]
        return Counts(
            instructions=whole.instructions,
            layer_instructions=tuple(layer.instructions for layer in layers),
            reads=whole.reads,
            layer_reads=tuple(layer.reads for layer in layers),
            classes=whole.classes,
            layer_classes=tuple(layer.classes for layer in layers),
        )

    def _part(self, words: tuple[int, ...], known: bool) -> _Part:
        counted, (instructions, *reads) = words[: len(RECORDED)], words[len(RECORDED) :]
        sequential, scattered = (
            sum(n for name, n in zip(self._memories, reads[at::3], strict=True) if name in self._flash) for at in (1, 2)
        )
        classes = (*zip(RECORDED, counted, strict=True), (FLASH_SEQUENTIAL, sequential), (FLASH_SCATTERED, scattered))
        return _Part(
            instructions=instructions,
            reads=tuple(zip(self._memories, reads[::3], strict=True)),
            classes=tuple((name, count) for name, count in classes if count) if known else (),
        )
