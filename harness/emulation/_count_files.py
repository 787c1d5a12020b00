# SPDX-License-Identifier: Apache-2.0
"""The two files by which a counting process and the harness know of each other: what to count, and what was counted."""

from __future__ import annotations

import os
import struct
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path

from harness.boards import Board
from harness.emulation._base import CountRequest, Counts
from harness.emulation._symbols import function_ranges


def file_in_memory(name: str, content: bytes, resources: ExitStack) -> int:
    """Open a file that has no path, at its beginning; it is closed with the resources."""
    fd = os.memfd_create(name)
    resources.callback(os.close, fd)
    os.pwrite(fd, content, 0)
    return fd


def what_to_count(board: Board, image: Path, request: CountRequest) -> bytes:
    """Return a line for each function and memory: its kind, first address and the address after its last."""
    ranges = function_ranges(image, (request.caller, request.inference, *request.layers))
    lines = [("caller", *ranges[request.caller]), ("inference", *ranges[request.inference])]
    lines += [("layer", *ranges[name]) for name in request.layers]
    lines += [("memory", memory.address, memory.address + memory.size_bytes) for memory in board.memories]
    return "".join(f"{word} {low} {high}\n" for word, low, high in lines).encode()


class CountFile(ABC):
    """The counts written so far, each a record of so many 64-bit numbers; each is read once, and kept."""

    def __init__(self, fd: int, words: int) -> None:
        self._fd = fd
        self._format = struct.Struct(f"={words}Q")
        self._seen: list[Counts] = []

    def read(self) -> tuple[Counts, ...]:
        """Return all counts so far, in order."""
        size = self._format.size
        try:
            written = os.fstat(self._fd).st_size
        except OSError:  # the session is closed
            return tuple(self._seen)
        while (offset := len(self._seen) * size) + size <= written:
            self._seen.append(self._parse(self._format.unpack(os.pread(self._fd, size, offset))))
        return tuple(self._seen)

    @abstractmethod
    def _parse(self, words: tuple[int, ...]) -> Counts: ...
