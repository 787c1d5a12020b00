# SPDX-License-Identifier: Apache-2.0
"""The default runtime: a model becomes plain C, one function a layer, in static memory that is planned beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import harness
from harness.boards import Board
from harness.emit.model import ALIGNMENT, EmittedLayer, emit_model, weights_bytes
from harness.emit.names import c_prefix
from harness.errors import DoesNotFit, UnsupportedModel, UserError, did_you_mean
from harness.graph import Graph
from harness.memory import BufferRequest, Region, buffer_requests, plan_memory
from harness.ops import Layer, Variant, choose_variant, count_macs, layer_signature, parse_layer
from harness.passes import simplify
from harness.runtimes._base import KernelPlan, LayerInfo, PlannedBuffer, RenderedModel, port_of
from harness.runtimes._default_plans import Ranking, default_plan
from harness.settings import data_dir
from harness.tflite import read_model


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedModel:
    """A model that was read, simplified and checked: the same for all boards. Layers by name, in order."""

    name: str
    graph: Graph
    layers: Mapping[str, Layer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """A model before its memory is planned and its C is written: all that its size follows from."""

    graph: Graph
    prefix: str
    layers: tuple[EmittedLayer, ...]
    requests: tuple[BufferRequest, ...]


def lower_model(
    model: bytes,
    board: Board,
    *,
    name: str,
    optimize: str = "speed",
    plan: KernelPlan = (),
    preferred: KernelPlan = (),
) -> Lowering:
    """Read a model, simplify it, choose its kernels for a board and lower its layers.

    Raises BadModel, UnsupportedModel, or UserError for a plan that does not fit the model.
    """
    parsed = parse_model(model, name=name)
    return lower_parsed(parsed, board, optimize=optimize, plan=plan, preferred=preferred)


def parse_model(model: bytes, *, name: str) -> ParsedModel:
    """Read a model and simplify it. Raises BadModel, UnsupportedModel."""
    graph = simplify(read_model(model, name=name))
    return ParsedModel(name=name, graph=graph, layers=parse_layers(graph))


def lower_parsed(
    parsed: ParsedModel,
    board: Board,
    *,
    optimize: str = "speed",
    plan: KernelPlan = (),
    preferred: KernelPlan = (),
) -> Lowering:
    """Choose the kernels of a model for a board and lower its layers.

    The variant of a layer is what ``plan`` says by its name, else what ``preferred`` says by its signature, else what
    was fastest by the ranking that ships for the core, else the cheapest by the variants' own hints.

    Raises UnsupportedModel, or UserError for a plan that does not fit the model.
    """
    graph, layers = parsed.graph, parsed.layers
    prefix = c_prefix(_stem(parsed.name))
    chosen = _choose(layers, board, plan, preferred, default_plan(board.core.id, optimize), optimize)
    emitted = tuple(
        EmittedLayer(
            name=layer_name,
            symbol=f"{prefix}_{layer_name}",
            variant=variant.name,
            layer=layer,
            lowered=variant.lower(layer),
        )
        for (layer_name, layer), variant in zip(layers.items(), chosen, strict=True)
    )
    _check_precision(emitted, board)
    return Lowering(graph=graph, prefix=prefix, layers=emitted, requests=_requests(graph, emitted, chosen))


class Codegen:
    """The runtime ``codegen``."""

    NAME = "codegen"
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
        """Turn a model into C for a board, each layer by the variant that ``lower_model`` chooses.

        Raises BadModel, UnsupportedModel, UserError for a plan that does not fit the model, or DoesNotFit.
        """
        if library is not None:
            raise UserError("generated code needs no library", hint="A library is for the runtime that wraps it.")
        lowering = lower_model(model, board, name=name, optimize=optimize, plan=plan, preferred=preferred)
        graph, prefix, emitted = lowering.graph, lowering.prefix, lowering.layers
        _check_flash(lowering, board)
        placed = plan_memory(lowering.requests, activation_regions(board))
        first_region = board.memory_for("activations")[0].name
        return RenderedModel(
            prefix=prefix,
            files=emit_model(
                graph, emitted, placed, prefix=prefix, board=board.id, preferred=first_region, optimize=optimize
            ),
            inputs=tuple(port_of(graph.tensor(index)) for index in graph.inputs),
            outputs=tuple(port_of(graph.tensor(index)) for index in graph.outputs),
            layers=tuple(_info(layer) for layer in emitted),
            plan=tuple(
                PlannedBuffer(
                    name=placement.request.name,
                    region=placement.region,
                    offset=placement.offset,
                    size_bytes=placement.request.size_bytes,
                    first_layer=placement.request.first,
                    last_layer=placement.request.last,
                )
                for placement in placed.placements
            ),
            activations_bytes=dict(placed.region_bytes),
            weights_bytes=weights_bytes(graph, emitted),
            has_state=any(tensor.is_variable for tensor in graph.tensors.values()),
        )


RUNTIME = Codegen()


def _stem(name: str) -> str:
    """Return a file's name without folders and ending; both kinds of slashes separate folders."""
    return PurePosixPath(name.replace("\\", "/")).stem


def parse_layers(graph: Graph) -> Mapping[str, Layer]:
    """Check every node of a simplified graph; a layer's name is its operator and its number in the model file."""
    if not graph.nodes:
        raise UnsupportedModel(f"{graph.name}: the model computes nothing")
    for index in (*graph.inputs, *graph.outputs):
        if graph.tensor(index).data is not None:
            raise UnsupportedModel(
                f"{graph.name}: tensor {index} is an input or output of the model, but its value is fixed"
            )
    return {f"{node.op.lower()}_{node.index}": parse_layer(node, graph) for node in graph.nodes}


def _choose(
    layers: Mapping[str, Layer], board: Board, plan: KernelPlan, preferred: KernelPlan, ranking: Ranking, optimize: str
) -> tuple[Variant, ...]:
    wanted = dict(plan)
    unknown = sorted(set(wanted) - set(layers))
    if unknown:
        raise UserError(f"the kernel plan names the layer {unknown[0]!r}", hint=did_you_mean(unknown[0], layers))
    preferences = dict(preferred)
    return tuple(
        choose_variant(
            layer,
            board.core.features,
            wanted.get(name),
            preferences.get(signature := layer_signature(layer)),
            ranking.get(signature, ()),
            optimize=optimize,
        )
        for name, layer in layers.items()
    )


def _check_precision(layers: Sequence[EmittedLayer], board: Board) -> None:
    """Refuse layers that compute in double precision where the compiler's double has the 32 bits of a float."""
    if board.core.isa != "avr":
        return
    for layer in layers:
        if not any(map(_computes_in_double, layer.lowered.helpers)):
            continue
        node = layer.layer.node
        raise UnsupportedModel(
            f"{node.op} (operator {node.index} of the model) computes in double precision; board {board.id} has none",
            hint="Quantize the model to int8, weights and activations both.",
        )


def _computes_in_double(helper: str) -> bool:
    """Say whether a function that layers share has a variable of type double."""
    template = data_dir("firmware_templates") / "model" / "helpers" / f"{helper}.c.j2"
    return re.search(r"\bdouble\b", template.read_text(encoding="utf-8")) is not None


def _check_flash(lowering: Lowering, board: Board) -> None:
    """Refuse constants that no memory for weights can hold: known before anything is built."""
    needed = weights_bytes(lowering.graph, lowering.layers)
    room = max(memory.size_bytes for memory in board.memory_for("weights"))
    if needed > room:
        raise DoesNotFit(
            f"the model's constants take {needed} bytes, board {board.id} has {room} for weights",
            missing_bytes=needed - room,
            hint="Choose a smaller model, quantize it to int8, or a board with more flash.",
        )


def activation_regions(board: Board) -> tuple[Region, ...]:
    """Return the memories that activations may lie in, in the board's order of preference."""
    return tuple(
        Region(name=memory.name, size_bytes=memory.size_bytes, block_bytes=memory.largest_block_bytes)
        for memory in board.memory_for("activations")
    )


def _requests(graph: Graph, layers: Sequence[EmittedLayer], chosen: Sequence[Variant]) -> tuple[BufferRequest, ...]:
    return buffer_requests(
        graph,
        alignment=ALIGNMENT,
        scratch_bytes={layer.layer.node.index: layer.lowered.scratch_bytes for layer in layers},
        in_place={
            layer.layer.node.index: variant.in_place(layer.layer) for layer, variant in zip(layers, chosen, strict=True)
        },
        overlap={
            layer.layer.node.index: distance
            for layer, variant in zip(layers, chosen, strict=True)
            if (distance := variant.overlap(layer.layer)) is not None
        },
    )


def _info(layer: EmittedLayer) -> LayerInfo:
    mirrored = layer.layer.mirrors or layer.layer.outputs[0]
    return LayerInfo(
        name=layer.name,
        op=layer.layer.node.op,
        node=layer.layer.node.index,
        fused=layer.layer.node.fused,
        symbol=layer.symbol,
        variant=layer.variant,
        macs=count_macs(layer.layer),
        output=replace(port_of(layer.layer.outputs[0]), tensor=mirrored.index),
        selection=layer.layer.outputs[0].selection,
    )
