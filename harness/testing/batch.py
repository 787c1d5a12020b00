# SPDX-License-Identifier: Apache-2.0
"""Many rendered models as one, so that a program, and a board, is made once for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harness.emit.env import render
from harness.emit.layout import tidy
from harness.emit.model import level_context
from harness.memory import tensor_buffer
from harness.runtimes import LayerInfo, Port, RenderedModel
from harness.settings import data_dir

_NAME = "batch"
_MODELS_PER_FILE = 24  # a compiler takes far longer to start than to translate a model of one layer


def merge(models: Sequence[RenderedModel], *, optimize: str = "speed") -> RenderedModel:
    """Return a model whose layers are whole models; prefixes must differ. Each layer shows its model's first output.

    Its inputs and outputs are those of the models, one after the other. All are rendered at the level ``optimize``.
    """
    prefixes = [model.prefix for model in models]
    if len(set(prefixes)) != len(prefixes):
        raise ValueError("models of a batch must have different prefixes")
    files = {name: text for model in models for name, text in _headers(model).items()}
    for start in range(0, len(models), _MODELS_PER_FILE):
        files[f"{_NAME}_{start}.c"] = _sources(models[start : start + _MODELS_PER_FILE], optimize)
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


def _headers(model: RenderedModel) -> dict[str, str]:
    return {name: text for name, text in model.files.items() if name.endswith(".h")}


def _sources(models: Sequence[RenderedModel], optimize: str) -> str:
    """Return several models' constants and functions as one file: what they share is kept once."""
    texts: list[str] = []
    level = level_context(optimize)
    helpers = [tidy(render(f"model/helpers/{path.name}", level)) for path in sorted(_helper_templates())]
    kept: set[str] = set()
    for model in models:
        functions = model.files[f"{model.prefix}.c"]
        for helper in helpers:
            if helper in functions and helper in kept:
                functions = functions.replace(helper, "", 1)
            elif helper in functions:
                kept.add(helper)
        names = re.findall(
            r"^#define ((?:TENSOR|SCRATCH)_\d+)\b", model.files[f"{model.prefix}_internal.h"], re.MULTILINE
        )
        texts += [model.files[f"{model.prefix}_weights.c"], functions, *(f"#undef {name}\n" for name in names)]
    return "\n".join(texts)


def _helper_templates() -> list[Path]:
    return list((data_dir("firmware_templates") / "model" / "helpers").glob("*.c.j2"))


def _places(model: RenderedModel) -> list[dict[str, object]]:
    return [_place(model, port) for port in (*model.inputs, *model.outputs)]


def _place(model: RenderedModel, port: Port) -> dict[str, object]:
    buffer = next(buffer for buffer in model.plan if buffer.name == tensor_buffer(port.tensor))
    symbol = f"{model.prefix}_activations_{buffer.region}"
    return {"symbol": symbol, "offset": buffer.offset, "bytes": port.size_bytes}
