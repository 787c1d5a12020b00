# SPDX-License-Identifier: Apache-2.0
"""Many rendered models as one, so that a program, and a board, is made once for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.emit.env import render
from harness.emit.layout import tidy
from harness.memory import tensor_buffer
from harness.runtimes import LayerInfo, Port, RenderedModel

_NAME = "batch"


def merge(models: Sequence[RenderedModel]) -> RenderedModel:
    """Return a model whose layers are whole models; prefixes must differ. Each layer shows its model's first output.

    Its inputs and outputs are those of the models, one after the other.
    """
    prefixes = [model.prefix for model in models]
    if len(set(prefixes)) != len(prefixes):
        raise ValueError("models of a batch must have different prefixes")
    files = {name: text for model in models for name, text in _files(model).items()}
    firsts = [_place(model, model.outputs[0]) for model in models]
    context = {
        "name": _NAME,
        "prefixes": prefixes,
        "memory": sorted({str(place["symbol"]) for model in models for place in _places(model)}),
        "inputs": [_place(model, port) for model in models for port in model.inputs],
        "outputs": [_place(model, port) for model in models for port in model.outputs],
        "layers": [first | {"invoke": model.invoke_symbol} for model, first in zip(models, firsts, strict=True)],
    }
    return RenderedModel(
        prefix=_NAME,
        files=files | {f"{_NAME}_binding.c": tidy(render("model/testing/batch_binding.c.j2", context))},
        inputs=tuple(port for model in models for port in model.inputs),
        outputs=tuple(port for model in models for port in model.outputs),
        layers=tuple(
            LayerInfo(
                name=model.prefix,
                op="BATCH",
                node=number,
                symbol=model.invoke_symbol,
                variant="",
                macs=sum(layer.macs for layer in model.layers),
                output=model.outputs[0],
            )
            for number, model in enumerate(models)
        ),
        plan=tuple(buffer for model in models for buffer in model.plan),
        activations_bytes={
            region: sum(model.activations_bytes.get(region, 0) for model in models)
            for region in sorted({region for model in models for region in model.activations_bytes})
        },
        weights_bytes=sum(model.weights_bytes for model in models),
    )


def _files(model: RenderedModel) -> dict[str, str]:
    """Return a model's files without its binding, constants and functions in one: half as many calls of a compiler."""
    files = dict(model.files)
    del files[f"{model.prefix}_binding.c"]
    functions = f"{model.prefix}.c"
    files[functions] = files.pop(f"{model.prefix}_weights.c") + files[functions]
    return files


def _places(model: RenderedModel) -> list[dict[str, object]]:
    return [_place(model, port) for port in (*model.inputs, *model.outputs)]


def _place(model: RenderedModel, port: Port) -> dict[str, object]:
    buffer = next(buffer for buffer in model.plan if buffer.name == tensor_buffer(port.tensor))
    symbol = f"{model.prefix}_activations_{buffer.region}"
    return {"symbol": symbol, "offset": buffer.offset, "bytes": port.size_bytes}
