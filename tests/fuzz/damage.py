# SPDX-License-Identifier: Apache-2.0
"""Damage to model files, and what came of reading one: a graph or a named error, soon, and in little memory."""

from __future__ import annotations

import random
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np

from harness.boards import load_board
from harness.errors import BadModel, UnsupportedModel
from harness.graph import Graph, verify
from harness.memory import Region, buffer_requests, plan_memory
from harness.passes import simplify
from harness.runtimes.codegen import lower_model
from harness.tflite import read_model

SECONDS = 2.0  # of the processor, for one file: other processes do not count
_MOST_CHARACTERS = 1000  # of a message
_WORDS = (0, 1, 2, 4, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFE, 0xFFFF_FFFF)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Return the file with one to three changes: of a byte, a word, a range, a copy, an insertion or a cut."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        where = rng.randrange(len(changed))
        kind = rng.randrange(8)
        if kind == 0:
            changed[where] = rng.randrange(256)
        elif kind == 1:
            changed[where] ^= 1 << rng.randrange(8)
        elif kind <= 4:  # offsets, counts, distances: the words that lead somewhere
            word = rng.choice(
                (*_WORDS, len(changed), len(changed) - 1, rng.randrange(len(changed)), rng.getrandbits(32))
            )
            struct.pack_into("<I", changed, min(where & ~3, len(changed) - 4), word & 0xFFFF_FFFF)
        elif kind == 5:
            length = rng.randrange(1, 16)
            changed[where : where + length] = rng.randbytes(length)
        elif kind == 6:
            source, length = rng.randrange(len(changed)), rng.randrange(1, 64)
            changed[where : where + length] = changed[source : source + length]
        else:
            changed[where : where + rng.randrange(1, 32)] = b""
        if len(changed) < 16:
            return bytes(changed)
    return bytes(changed)


@contextmanager
def guard() -> Iterator[None]:
    """Raise TimeoutError out of a call of ``read_all`` or ``lower`` that takes too long."""

    def strike(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"one file took more than {SECONDS} s of the processor")

    before = signal.signal(signal.SIGPROF, strike)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome_of(data: bytes, take: Callable[[bytes], object] | None = None) -> str:
    """Return the name of what a file ends in, ``Graph`` or an error of ours; any other comes through.

    ``take`` is what is done with the file, by default ``read_all``. Within ``guard`` it has ``SECONDS``.
    """
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        (take or read_all)(data)
    except (BadModel, UnsupportedModel) as error:
        caught = error
    else:
        return "Graph"
    assert str(caught).startswith("fuzzed: ") or take is lower  # a kernel's choice names the operator alone
    assert len(str(caught)) < _MOST_CHARACTERS
    return type(caught).__name__


def read_all(data: bytes) -> None:
    """Read a file, look at everything in its graph, simplify it and plan its memory."""
    graph = read_model(data, name="fuzzed")
    _look_at(graph, data)
    plan_memory(buffer_requests(simplify(graph)), [Region(name="ram", size_bytes=2**40)])


def lower(data: bytes) -> None:
    """Choose and lower the kernels of a file for a core, as ``fit`` and ``bench`` do before anything is built."""
    lower_model(data, _BOARD, name="fuzzed")


_BOARD = load_board("mps2_an386")


def _look_at(graph: Graph, data: bytes) -> None:
    verify(graph)
    whole = np.frombuffer(data, dtype=np.uint8)
    for tensor in graph.tensors.values():
        assert len(tensor.name) <= 1024
        if tensor.data is not None:
            assert tensor.data.nbytes == tensor.size_bytes
            assert np.shares_memory(tensor.data, whole)
    for node in graph.nodes:
        for field in range(6):
            node.options.integer(field, bits=8)
            node.options.integer(field)
            node.options.boolean(field)
            node.options.real(field)
        if node.op == "RESHAPE":
            node.options.integers(0)
