# SPDX-License-Identifier: Apache-2.0
"""The runtime ``tflm``: a model in TensorFlow Lite Micro's interpreter, to be measured beside generated code.

What is rendered is an application against the library's public interface: a resolver with just the model's operators,
and an arena whose size a probe finds by bisection on the device. The library itself is the user's. On the board
``host`` without one, the interpreter of the Python package ``tflite-micro`` runs the model in this process.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

import harness
from harness.boards import Board
from harness.emit.env import render
from harness.emit.layout import tidy
from harness.emit.names import c_prefix
from harness.errors import DoesNotFit, UnsupportedModel, UserError
from harness.graph import Graph
from harness.runtimes._base import KernelPlan, Library, Probe, RenderedModel, port_of
from harness.runtimes._tflm_library import find_library
from harness.runtimes._tflm_operators import registration
from harness.tflite import read_model

_LEAST_ARENA_BYTES = 65_536  # of the probe, where the board has them
_QUANTIZATION_BYTES = 16  # that the interpreter keeps of each scale, at most
_OWN_BYTES = 4_096  # interpreter, resolver and what else the library keeps outside the arena
_UNKNOWN_DATA_BYTES = 4_096  # of a board without measurements
_STATE = ("READ_VARIABLE", "ASSIGN_VARIABLE")


class Tflm:
    """The runtime ``tflm``."""

    NAME = "tflm"
    VERSION = harness.__version__

    def render(
        self,
        model: bytes,
        board: Board,
        *,
        name: str,
        optimize: str = "speed",
        plan: KernelPlan = (),
        preferred: KernelPlan = (),
        library: Path | None = None,
    ) -> RenderedModel:
        """Turn a model into an application of the interpreter; on a device a probe comes first.

        Raises BadModel, UnsupportedModel for an operator that the interpreter lacks, UserError for a plan or where no
        library is known for the board. ``preferred`` variants pass it by: it has one kernel for each operator.
        """
        del optimize, preferred
        if plan:
            raise UserError("a kernel plan is for generated code", hint="Leave --plan away with --runtime tflm.")
        graph = read_model(model, name=name)
        if board.kind == "host" and library is None:
            return _interpreted(graph, model)
        operators = _registrations(graph)
        found = find_library(board, library)
        room = _room(graph, board)
        probe = _sources(graph, model, board, operators, found, arena_bytes=room, probe=True)

        def finish(arena_bytes: int) -> RenderedModel:
            if arena_bytes <= 0:
                raise DoesNotFit(
                    f"the interpreter's arena does not fit: {room} bytes of {board.id} do not suffice",
                    missing_bytes=1,
                    hint="Choose a board with more RAM, or an operator of the model is not as the library wants it.",
                )
            return _sources(graph, model, board, operators, found, arena_bytes=arena_bytes, probe=False)

        return _rendered(graph, model, {}, arena_bytes=0, probe=Probe(sources=probe, finish=finish))


RUNTIME = Tflm()


def _registrations(graph: Graph) -> tuple[str, ...]:
    """Return the resolver's methods for the model's operators, each once."""
    used = sorted({node.op for node in graph.nodes})
    for operator in used:
        if registration(operator) is None:
            raise UnsupportedModel(f"{graph.name}: TensorFlow Lite Micro has no operator {operator}")
        if operator in _STATE:
            raise UnsupportedModel(
                f"{graph.name}: {operator} needs resource variables, which this application does not set up",
                hint="Measure the model with --runtime codegen.",
            )
    return tuple(registration(operator) or "" for operator in used)


def _room(graph: Graph, board: Board) -> int:
    """Return the bytes for the probe's arena: more than the model can need, or what the board can spare."""
    tensors = sum(tensor.size_bytes for tensor in graph.tensors.values() if tensor.data is None)
    scales = sum(len(tensor.quantization.scales) for tensor in graph.tensors.values() if tensor.quantization)
    wanted = _LEAST_ARENA_BYTES + 2 * tensors + _QUANTIZATION_BYTES * scales
    memory = board.memory_for("activations")[0]
    taken = _OWN_BYTES
    if "data" in memory.holds:
        inputs = sum(-(-graph.tensor(index).size_bytes // 16) * 16 for index in graph.inputs)
        taken += inputs + (_UNKNOWN_DATA_BYTES if board.base is None else board.base.ram_bytes)
    if "stack" in memory.holds:
        taken += board.firmware.stack_bytes
    room = min(wanted, memory.block_bytes, memory.size_bytes - taken)
    if room < 16:
        raise DoesNotFit(f"board {board.id} has no RAM left for an arena", missing_bytes=16 - room)
    return room // 16 * 16


def _sources(
    graph: Graph,
    model: bytes,
    board: Board,
    operators: tuple[str, ...],
    library: Library,
    *,
    arena_bytes: int,
    probe: bool,
) -> RenderedModel:
    """Render the application, or the probe for the size of its arena."""
    prefix = _prefix(graph)
    context: dict[str, object] = {
        "prefix": prefix,
        "upper": prefix.upper(),
        "version": harness.__version__,
        "board": board.id,
        "model_sha256": graph.model_sha256,
        "model_bytes": len(model),
        "values": np.frombuffer(model, np.uint8),
        "operators": operators,
        "arena_bytes": arena_bytes,
        "probe": probe,
        "macros": library.macros,
        "bare": board.kind != "host" and board.platformio.framework is None,
        "inputs": tuple(port_of(graph.tensor(index)) for index in graph.inputs),
        "outputs": tuple(port_of(graph.tensor(index)) for index in graph.outputs),
    }
    templates = {
        f"{prefix}.h": "header.h.j2",
        f"{prefix}_library.h": "library.h.j2",
        f"{prefix}.cc": "application.cc.j2",
        f"{prefix}_model.c": "model.c.j2",
        f"{prefix}_support.c": "support.c.j2",
        f"{prefix}_binding.c": "binding.c.j2",
    }
    files = {name: tidy(render(f"tflm/{template}", context)) for name, template in templates.items()}
    return _rendered(graph, model, files, arena_bytes=arena_bytes, libraries=(library,), is_probe=probe)


def _interpreted(graph: Graph, model: bytes) -> RenderedModel:
    return _rendered(graph, model, {}, arena_bytes=0, interpreted=True)


def _rendered(
    graph: Graph,
    model: bytes,
    files: dict[str, str],
    *,
    arena_bytes: int,
    libraries: tuple[Library, ...] = (),
    probe: Probe | None = None,
    is_probe: bool = False,
    interpreted: bool = False,
) -> RenderedModel:
    return RenderedModel(
        prefix=_prefix(graph),
        files=files,
        inputs=() if is_probe else tuple(port_of(graph.tensor(index)) for index in graph.inputs),
        outputs=() if is_probe else tuple(port_of(graph.tensor(index)) for index in graph.outputs),
        layers=(),
        plan=(),
        activations_bytes={"arena": arena_bytes},
        weights_bytes=len(model),
        has_state=any(tensor.is_variable for tensor in graph.tensors.values()),
        libraries=libraries,
        kernels="tflm",
        probe=probe,
        interpreted=interpreted,
    )


def _prefix(graph: Graph) -> str:
    return c_prefix(PurePosixPath(graph.name.replace("\\", "/")).stem)
