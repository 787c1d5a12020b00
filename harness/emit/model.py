# SPDX-License-Identifier: Apache-2.0
"""From lowered layers and a memory plan to the C files of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import harness
from harness.emit.env import render
from harness.emit.layout import tidy
from harness.emit.numbers import c_type, dimensions
from harness.emit.state import initial_bytes, initial_constants, resets
from harness.errors import UnsupportedModel, UserError, did_you_mean
from harness.graph import DType, Graph, Tensor
from harness.memory import Plan, scratch_buffer, tensor_buffer
from harness.ops import Constant, Layer, Lowered
from harness.settings import data_dir

ALIGNMENT = 16  # of activation memory and of every tensor in it: what any kernel may ask for
INTERFACE_VERSION = 1
_MACROS = "harness_model_macros.h"
_UNROLL = {"speed": 4, "balanced": 2, "size": 1}  # by optimise level


@dataclass(frozen=True, slots=True, kw_only=True)
class EmittedLayer:
    """A layer as it is generated: its name among the model's layers, its C function, and what its template gets."""

    name: str
    symbol: str
    variant: str
    layer: Layer
    lowered: Lowered


def emit_model(
    graph: Graph,
    layers: Sequence[EmittedLayer],
    plan: Plan,
    *,
    prefix: str,
    board: str,
    preferred: str,
    optimize: str = "speed",
) -> dict[str, str]:
    """Return the C files by name; the same arguments give the same bytes.

    ``preferred`` is the region where static memory goes without being asked; in others it gets a section of its own.
    Nothing of the model file but numbers reaches the text. Raises UnsupportedModel for a type that C code cannot show.
    """
    regions = [
        {
            "symbol": f"{prefix}_activations_{name}",
            "name": name,
            "macro": f"{prefix}_activations_{name}".upper(),
            "bytes": size,
            "default": name == preferred,
        }
        for name, size in plan.region_bytes.items()
        if size > 0
    ]
    tensors = _tensors(graph, plan, prefix)
    constants = [_constant(layer, constant) for layer in layers for constant in layer.lowered.constants]
    constants += initial_constants(graph, prefix)
    context: dict[str, object] = {
        "prefix": prefix,
        "upper": prefix.upper(),
        "version": harness.__version__,
        "interface": INTERFACE_VERSION,
        "model_sha256": graph.model_sha256,
        "board": board,
        "alignment": ALIGNMENT,
        "regions": regions,
        "tensors": tensors,
        "scratches": _scratches(layers, plan, prefix),
        "inputs": _ports(graph, graph.inputs),
        "outputs": _ports(graph, graph.outputs),
        "variables": resets(graph, prefix),
        "constants": constants,
        "layers": [
            {
                "symbol": layer.symbol,
                "output": _name(layer.layer.outputs[0].index),
                "bytes": layer.layer.outputs[0].size_bytes,
            }
            for layer in layers
        ],
        "functions": [_function(layer, plan, optimize) for layer in layers],
        "helpers": _helpers(layers, optimize),
    }
    files = {
        f"{prefix}.h": "model/model.h.j2",
        f"{prefix}.c": "model/model.c.j2",
        f"{prefix}_internal.h": "model/internal.h.j2",
        f"{prefix}_weights.h": "model/weights.h.j2",
        f"{prefix}_weights.c": "model/weights.c.j2",
        f"{prefix}_binding.c": "model/binding.c.j2",
    }
    macros = (data_dir("firmware_templates") / "model" / _MACROS).read_text(encoding="utf-8")
    return {name: tidy(render(template, context)) for name, template in files.items()} | {_MACROS: macros}


def weights_bytes(graph: Graph, layers: Sequence[EmittedLayer]) -> int:
    """Return the bytes of all constants of the model: its requantization parameters, its tables, its initial state."""
    in_layers = sum(constant.values.nbytes for layer in layers for constant in layer.lowered.constants)
    return in_layers + initial_bytes(graph)


def _name(index: int) -> str:
    return f"TENSOR_{index}"


def _tensors(graph: Graph, plan: Plan, prefix: str) -> list[dict[str, object]]:
    """List the tensors in activation memory, by their number in the model file."""
    found: list[dict[str, object]] = []
    for placement in plan.placements:
        index = placement.request.name.removeprefix("tensor_")
        if not index.isdecimal() or placement.request.name != tensor_buffer(int(index)):
            continue
        tensor = graph.tensor(int(index))
        found.append(
            {
                "name": _name(tensor.index),
                "type": _c_type(tensor),
                "region": f"{prefix}_activations_{placement.region}".upper(),
                "offset": placement.offset,
                "bytes": tensor.size_bytes,
                "shape": dimensions(tensor.shape),
            }
        )
    return sorted(found, key=lambda tensor: int(str(tensor["name"]).removeprefix("TENSOR_")))


def _scratches(layers: Sequence[EmittedLayer], plan: Plan, prefix: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for layer in layers:
        if layer.lowered.scratch_bytes:
            place = plan.placement(scratch_buffer(layer.layer.node.index))
            region = f"{prefix}_activations_{place.region}".upper()
            found.append({"name": f"SCRATCH_{layer.layer.node.index}", "region": region, "offset": place.offset})
    return found


def _ports(graph: Graph, indices: Sequence[int]) -> list[dict[str, object]]:
    ports: list[dict[str, object]] = []
    for number, index in enumerate(indices):
        tensor = graph.tensor(index)
        scale, zero = _scale_and_zero(tensor)
        ports.append(
            {
                "number": number,
                "name": _name(index),
                "type": _c_type(tensor),
                "shape": tensor.shape,
                "elements": tensor.elements,
                "bytes": tensor.size_bytes,
                "scale": scale,
                "zero": zero,
            }
        )
    return ports


def _scale_and_zero(tensor: Tensor) -> tuple[float | None, int | None]:
    q = tensor.quantization
    if q is None or len(q.scales) != 1 or tensor.dtype is DType.FLOAT32:
        return None, None
    return q.scales[0], q.zero_points[0]


def _c_type(tensor: Tensor) -> str:
    try:
        return c_type(tensor.dtype.value)
    except KeyError:
        raise UnsupportedModel(
            f"tensor {tensor.index} has the type {tensor.dtype.value}, which generated code does not hold",
            hint="Convert the model with int8 or float32 inputs and outputs.",
        ) from None


def _constant(layer: EmittedLayer, constant: Constant) -> dict[str, object]:
    return {
        "symbol": f"{layer.symbol}_{constant.name}",
        "type": c_type(constant.values.dtype.name),
        "elements": constant.values.size,
        "shape": dimensions(constant.values.shape),
        "values": constant.values,
        "alignment": constant.alignment,
        "has_infinity": constant.values.dtype.kind == "f" and not bool((abs(constant.values) < float("inf")).all()),
    }


def _function(layer: EmittedLayer, plan: Plan, optimize: str) -> str:
    """Render the function of a layer; its template sees names, numbers and flags only."""
    checked, lowered = layer.layer, layer.lowered
    output = checked.outputs[0]
    place = plan.placement(tensor_buffer(output.index))
    sources = [tensor for tensor in checked.inputs if tensor is not None and tensor.data is None]
    in_place = tuple(
        number
        for number, tensor in enumerate(checked.inputs)
        if tensor in sources
        and tensor is not None
        and (other := plan.placement(tensor_buffer(tensor.index))).region == place.region
        and other.offset == place.offset
    )
    numbers = checked.node.fused or (checked.node.index,)
    named = {"symbol": layer.symbol, "op": checked.node.op, "nodes": numbers}
    shapes = " and ".join(f"{dimensions(tensor.shape)} {tensor.dtype.value}" for tensor in sources)
    context: Mapping[str, object] = {
        "layer": named | {"shapes": f"{shapes} to {dimensions(output.shape)}"},
        "inputs": tuple(None if t is None or t.data is not None else _name(t.index) for t in checked.inputs),
        "output": _name(output.index),
        "outputs": tuple(_name(tensor.index) for tensor in checked.outputs),
        "scratch": f"SCRATCH_{checked.node.index}" if lowered.scratch_bytes else None,
        "type": _c_type(output),
        "input_types": tuple(None if t is None else _c_type(t) for t in checked.inputs),
        "f32": checked.signature == "f32",
        "in_place": in_place,
        "constants": {
            constant.name: {
                "symbol": f"{layer.symbol}_{constant.name}",
                "type": c_type(constant.values.dtype.name),
            }
            for constant in lowered.constants
        },
        "n": dict(lowered.numbers),
        **level_context(optimize),
    }
    return render(lowered.template, context)


def level_context(optimize: str) -> dict[str, object]:
    """Return what templates know of the optimise level: its name, and how far they unroll loops. Raises UserError."""
    if optimize not in _UNROLL:
        raise UserError(f"there is no optimise level {optimize!r}", hint=did_you_mean(optimize, _UNROLL))
    return {"optimize": optimize, "unroll": _UNROLL[optimize]}


def _helpers(layers: Sequence[EmittedLayer], optimize: str) -> list[str]:
    """Render the shared functions that any layer calls, each once."""
    wanted = sorted({name for layer in layers for name in layer.lowered.helpers})
    return [render(f"model/helpers/{name}.c.j2", level_context(optimize)) for name in wanted]
