# SPDX-License-Identifier: Apache-2.0
"""The figures of a linked image: flash by part, RAM by section and by owner.

What belongs to the model is told piece by piece. A piece is one section of one object file, which with
``-ffunction-sections`` and ``-fdata-sections`` is one function or one variable. The linker's map says where each piece
came from, and the relocations that ``--emit-relocs`` keeps say which piece refers to which. Library code is the
model's where pieces of the model reach it, directly or through other library code, and nothing else does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.boards import Board
from harness.errors import BuildError
from harness.firmware.image import Image, LoadedSection, read_image
from harness.firmware.linkmap import Piece, parse_map
from harness.records import FlashUse, Section

_STACK = ".stack"  # reserved by the linker script; what of it is used is measured
_MODEL = re.compile(r"(?:^|/)src/model/(?P<name>[^/]+)\.o$")
_BINDING = "_binding"  # the runner's view of a model, no part of it
_LIBRARY = re.compile(r"\.a\(.*\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an image occupies.

    ``model_ram_bytes`` are the model's own variables and whatever of its constants lies in RAM; ``static_ram_bytes``
    are those of the whole program, without the stack. ``heap_bytes`` is what is reserved for a heap.
    """

    sections: tuple[Section, ...]
    flash: FlashUse
    static_ram_bytes: int
    model_ram_bytes: int
    heap_bytes: int


def read_figures(elf: Path, linker_map: Path, board: Board) -> Figures:
    """Read the figures of an image. Raises BuildError where the image or its map cannot be read."""
    image = read_image(elf)
    try:
        text = linker_map.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"the linker's map {linker_map} cannot be read: {error}") from error
    sections = {section.name: section for section in image.sections if section.name != _STACK}
    pieces = parse_map(text, sections)
    model = [piece for piece in pieces if _is_model(piece)]
    weights = [piece for piece in model if _is_constant(piece, sections, image)]
    code = [piece for piece in model if sections[piece.output].stored and piece not in weights]
    code += _only_called_by(model, pieces, sections, image)
    return Figures(
        sections=tuple(_section(section, board) for section in image.sections),
        flash=FlashUse(
            weights_bytes=_sum(weights),
            code_bytes=_sum(code),
            total_bytes=sum(section.size_bytes for section in image.sections if section.stored),
        ),
        static_ram_bytes=sum(section.size_bytes for section in sections.values() if section.writable),
        model_ram_bytes=_sum(piece for piece in model if sections[piece.output].writable),
        heap_bytes=0,
    )


def _section(section: LoadedSection, board: Board) -> Section:
    inside = (m for m in board.memories if m.address <= section.address < m.address + m.size_bytes)
    region = next((memory.name for memory in inside), board.memories[0].name if board.kind == "host" else "")
    return Section(name=section.name, region=region, address=section.address, size_bytes=section.size_bytes)


def _is_model(piece: Piece) -> bool:
    found = _MODEL.search(piece.file)
    return found is not None and not found["name"].endswith(_BINDING)


def _is_constant(piece: Piece, sections: Mapping[str, LoadedSection], image: Image) -> bool:
    """Say whether a piece is data that somebody named: a compiler's jump tables and literals belong to their code."""
    section = sections[piece.output]
    if not section.stored or section.executable:
        return False
    end = piece.address + piece.size_bytes
    return any(symbol.is_data and piece.address <= symbol.address < end for symbol in image.symbols)


def _only_called_by(
    model: Sequence[Piece], pieces: Sequence[Piece], sections: Mapping[str, LoadedSection], image: Image
) -> list[Piece]:
    """Return the pieces of libraries that lie in flash and are reached from the model, but from nothing else."""
    graph = _graph(pieces, image)
    libraries = {index for index, piece in enumerate(pieces) if _LIBRARY.search(piece.file)}
    owned = {index for index, piece in enumerate(pieces) if piece in set(model)}
    others = set(range(len(pieces))) - libraries - owned
    shared = _reach(others, graph, within=libraries)
    own = _reach(owned, graph, within=libraries) - shared
    return [pieces[index] for index in sorted(own) if sections[pieces[index].output].stored]


def _graph(pieces: Sequence[Piece], image: Image) -> Mapping[int, set[int]]:
    starts = [piece.address for piece in pieces]

    def index_at(address: int) -> int | None:
        index = bisect_right(starts, address) - 1
        inside = index >= 0 and address < pieces[index].address + pieces[index].size_bytes
        return index if inside else None

    graph: dict[int, set[int]] = {}
    for place, target in image.references:
        here, there = index_at(place), index_at(target)
        if here is not None and there is not None and here != there:
            graph.setdefault(here, set()).add(there)
    return graph


def _reach(roots: Iterable[int], graph: Mapping[int, set[int]], *, within: set[int]) -> set[int]:
    """Return what of ``within`` is reached from the roots on ways that lead through ``within`` alone."""
    reached: set[int] = set()
    waiting = list(roots)
    while waiting:
        found = (graph.get(waiting.pop(), set()) & within) - reached
        reached |= found
        waiting.extend(found)
    return reached


def _sum(pieces: Iterable[Piece]) -> int:
    return sum(piece.size_bytes for piece in pieces)
