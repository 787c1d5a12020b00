# SPDX-License-Identifier: Apache-2.0
"""The bytes that a model will need on a board: exact for tensors and weights, estimated for the rest.

Exact are the activations as the planner places them, the constants, the runner's copy of the inputs, and the stack that
the linker reserves. Estimated are the code of the layers, by their kind as it was measured on the core, and what the
firmware takes without a model, as it was measured on the board. Both are tables in the files of board and core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil

from harness.boards import Base, Board, Memory
from harness.emit.model import EmittedLayer, weights_bytes
from harness.errors import UnsupportedModel
from harness.footprint.answers import BaseSource, Fit, MemoryUse, Size, Verdict
from harness.memory import Region, plan_memory
from harness.runtimes.codegen import Lowering, activation_regions, lower_parsed, parse_model

_ENDLESS = 1 << 40
_POINTER_BYTES = {"native": 8, "avr": 2}  # 4 on all others
_CONSTANTS_IN_RAM = ("native", "avr")  # pointers that are relocated; no address space but that of weights
_UNKNOWN_LAYER_BYTES = 700  # where nothing was measured on the core: the usual size of a generic kernel
_UNKNOWN_HELPER_BYTES = 200
_CODE_ERROR = 0.25  # of a kind that was measured: the same kernel differs by its layer's numbers
_ALONE_CODE_ERROR = 0.5  # of one that was measured in two layers alone: others differ more from these
_UNKNOWN_CODE_ERROR = 0.75
_CONSTANTS_ERROR = 0.25  # of the base's RAM, where layers' constants lie there too: how many, the compiler decides
_UNKNOWN_BASE = Base(
    date=date.min,
    source="nobody has measured it: a guess",
    flash_bytes=16_384,
    ram_bytes=4_096,
    stack_bytes=512,
    error=1.0,
)
_ALIGNMENT_BYTES = 64  # that the linker may lose between sections


def fit(model: bytes, board: Board, *, name: str = "model.tflite") -> Fit:
    """Tell whether a model fits a board, at once. Raises BadModel, UnsupportedModel."""
    return fit_all(model, [board], name=name)[0]


def fit_all(
    model: bytes,
    boards: Sequence[Board],
    *,
    name: str = "model.tflite",
    refused: dict[str, UnsupportedModel] | None = None,
) -> tuple[Fit, ...]:
    """Do ``fit`` for many boards; what is the same for all, on a core or in a plan is done once.

    Where ``refused`` is given, a board that has no kernel for a layer is put there, with the reason, and passed over.
    """
    parsed = parse_model(model, name=name)
    planned: dict[tuple[object, ...], tuple[int, ...]] = {}
    found: dict[int, Fit] = {}
    for core in dict.fromkeys(board.core.id for board in boards):
        lowering: Lowering | None = None  # of one core at a time: its weights are copies
        for place, board in ((place, board) for place, board in enumerate(boards) if board.core.id == core):
            try:
                lowering = lowering or lower_parsed(parsed, board)
            except UnsupportedModel as error:
                if refused is None:
                    raise
                refused[board.id] = error
                continue
            regions = _regions(board)
            key = (lowering.requests, regions)
            if key not in planned:
                planned[key] = tuple(plan_memory(lowering.requests, regions).region_bytes.values())
            names = [memory.name for memory in board.memory_for("activations")]
            found[place] = _fit(lowering, dict(zip(names, planned[key], strict=True)), board)
    return tuple(found[place] for place in sorted(found))


def layer_kind(layer: EmittedLayer) -> str:
    """Return the name under which a core's file keeps the code size of such layers.

    Convolutions over one pixel have a name of their own: their loops over a window are not there. So have layers that
    give their input a zero point when they run: they bring arithmetic in double precision along, the others none.
    """
    weights = layer.layer.inputs[1] if len(layer.layer.inputs) > 1 else None
    one_pixel = weights is not None and weights.data is not None and weights.shape[1:3] == (1, 1)
    kind = f"{layer.layer.node.op.lower()}/{layer.layer.signature}/{layer.variant}"
    kind = f"{kind}/1x1" if one_pixel else kind
    return f"{kind}/asymmetric" if "quantize_row_asymmetric" in layer.lowered.helpers else kind


def helpers_of(layers: Sequence[EmittedLayer]) -> tuple[str, ...]:
    """Return the names of the functions that layers share, each once."""
    return tuple(sorted({name for layer in layers for name in layer.lowered.helpers}))


def table_bytes(board: Board, *, layers: int, ports: int) -> tuple[int, int]:
    """Return the bytes of the runner's tables (harness_model.h) in flash, and those in RAM.

    A layer has a pointer to its function and its output; an output, as a port, a pointer and 32 bits for its size.
    """
    pointer = _POINTER_BYTES.get(board.core.isa, 4)
    port = ceil((pointer + 4) / pointer) * pointer
    size = layers * (pointer + port) + ports * port
    return size, size if board.core.isa in _CONSTANTS_IN_RAM else 0


def fit_at_least(board: Board, *, weights_bytes: int, activations_bytes: int, input_bytes: int) -> Fit:
    """Tell whether a model fits of which no more is known than bytes that it needs at least, with no code for layers.

    ``activations_bytes`` are of one tensor, which lies in one memory.
    """
    memories = board.memory_for("activations")
    largest = max(memories, key=lambda memory: memory.block_bytes)
    sure = len(memories) == 1 or activations_bytes > largest.block_bytes  # else it may lie in any of them
    return _assembled(
        board,
        weights=weights_bytes,
        activations={largest.name: activations_bytes if sure else 0},
        activations_bytes=activations_bytes,
        inputs=_input_copy_bytes(input_bytes),
        code=Size(),
        tables=(0, 0),
    )


def _fit(lowering: Lowering, activations: Mapping[str, int], board: Board) -> Fit:
    ports = len(lowering.graph.inputs) + len(lowering.graph.outputs)
    return _assembled(
        board,
        weights=weights_bytes(lowering.graph, lowering.layers),
        activations=activations,
        activations_bytes=sum(activations.values()),
        inputs=sum(_input_copy_bytes(lowering.graph.tensor(index).size_bytes) for index in lowering.graph.inputs),
        code=_code(lowering.layers, board),
        tables=table_bytes(board, layers=len(lowering.layers), ports=ports),
    )


def _input_copy_bytes(size_bytes: int) -> int:
    return ceil(size_bytes / 16) * 16


def _assembled(
    board: Board,
    *,
    weights: int,
    activations: Mapping[str, int],
    activations_bytes: int,
    inputs: int,
    code: Size,
    tables: tuple[int, int],
) -> Fit:
    """Put together what a board must hold; ``activations`` are by memory, as far as their place is known."""
    base, date = _base(board)
    in_flash, in_ram = tables
    firmware = Size(
        estimated_bytes=base.flash_bytes + in_flash, error_bytes=ceil(base.flash_bytes * base.error) + _ALIGNMENT_BYTES
    )
    data = Size(
        exact_bytes=inputs,
        estimated_bytes=base.ram_bytes + in_ram,
        error_bytes=ceil(base.ram_bytes * base.error + (base.ram_bytes + in_ram) * _CONSTANTS_ERROR * bool(in_ram)),
    )
    needed = dict.fromkeys((memory.name for memory in board.memories), Size())
    for place, size in (
        *((name, Size(exact_bytes=size)) for name, size in activations.items()),
        (board.memory_for("weights")[0].name, Size(exact_bytes=weights)),
        (board.memory_for("code")[0].name, code + firmware),
        (board.memory_for("data")[0].name, data),
        (board.memory_for("stack")[0].name, Size(exact_bytes=board.firmware.stack_bytes)),
    ):
        needed[place] += size
    memories = tuple(_use(memory, needed[memory.name], activations.get(memory.name, 0)) for memory in board.memories)
    return Fit(
        board=board.id,
        verdict=_worst([use.verdict for use in memories]),
        ram=data + Size(exact_bytes=activations_bytes, estimated_bytes=base.stack_bytes),
        flash=code + firmware + Size(exact_bytes=weights),
        weights_bytes=weights,
        activations_bytes=activations_bytes,
        code=code,
        memories=memories,
        base=BaseSource(date=date, source=base.source),
    )


def _regions(board: Board) -> tuple[Region, ...]:
    """Return the regions to plan over as the build does, but the last without an end: what is missing is told later.

    They are named by their place, so that boards which differ in names alone share a plan.
    """
    places = [replace(region, name=str(place)) for place, region in enumerate(activation_regions(board))]
    return (*places[:-1], Region(name=places[-1].name, size_bytes=_ENDLESS))


def _code(layers: Sequence[EmittedLayer], board: Board) -> Size:
    measured, alone = board.core.code, board.core.kernels
    whole = dict(measured.layers) if measured else {}
    unknown = round(sum(whole.values()) / len(whole)) if whole else _UNKNOWN_LAYER_BYTES
    known = dict(alone.layers) | whole if alone else whole
    kinds = [_measured_kind(layer_kind(layer), known) for layer in layers]
    shared = dict(measured.helpers) if measured else {}
    total, error = (measured.other_bytes if measured else 0), 0.0
    if alone:
        called = dict(alone.calls)
        members = {name for kind in kinds if kind not in whole for name in called.get(kind, ())}
        # libgcc has the multiplication alone, and with the division; of the two the linker keeps the latter.
        members -= {name.replace("_muldiv", "_mul") for name in members if "_muldiv" in name}
        total += sum(size for name, size in alone.libraries if name in members)
        shared = dict(alone.helpers) | shared
    for helper in helpers_of(layers):
        total += shared.get(helper, _UNKNOWN_HELPER_BYTES)
        error += 0 if helper in shared else _UNKNOWN_HELPER_BYTES
    for kind in kinds:
        if kind in known:
            size, share = known[kind], _CODE_ERROR if kind in whole else _ALONE_CODE_ERROR
        else:
            size, share = _largest_relative(kind, known) or unknown, _UNKNOWN_CODE_ERROR
        total += size
        error += size * share
    return Size(estimated_bytes=total, error_bytes=ceil(error))


def _measured_kind(kind: str, known: Mapping[str, int]) -> str:
    """Return the kind that stands for a kind: itself, or that with a window where one pixel was not measured."""
    return kind if kind in known else kind.replace("/1x1", "")


def _largest_relative(kind: str, known: Mapping[str, int]) -> int:
    """Return the size of the largest other variant of an operator and type that was measured, or 0."""
    operator, signature, _ = kind.split("/", 2)
    return max((size for name, size in known.items() if name.startswith(f"{operator}/{signature}/")), default=0)


def _base(board: Board) -> tuple[Base, str | None]:
    if board.base is not None:
        return board.base, board.base.date.isoformat()
    return _UNKNOWN_BASE, None


def _use(memory: Memory, needed: Size, activations: int) -> MemoryUse:
    block_lacks = activations - memory.block_bytes
    return MemoryUse(
        name=memory.name,
        kind=memory.kind,
        needed=needed,
        size_bytes=memory.size_bytes,
        missing_bytes=max(needed.bytes - memory.size_bytes, block_lacks, 0),
        surely_missing_bytes=max(needed.exact_bytes - memory.size_bytes, block_lacks, 0),
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    order: tuple[Verdict, ...] = ("does not fit", "too close to say", "fits")
    return next(verdict for verdict in order if verdict in verdicts)
