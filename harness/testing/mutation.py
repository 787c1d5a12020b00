# SPDX-License-Identifier: Apache-2.0
"""Generated code with one constant wrong, to see that a test or a verification notices it and names the layer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from harness.runtimes import RenderedModel

# The first that matches a layer's function is applied, once: the lowest output, or where a kernel has none, a share.
_MUTATIONS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"const int32_t low = (-?\d+);", lambda m: f"const int32_t low = {127 if int(m[1]) < 127 else -128};"),
    (r"const float low = [^;]+;", lambda _: "const float low = 3.0e+38f;"),
    (r"share - 128\b", lambda _: "share - 127"),
    (r"float sum = 0;", lambda _: "float sum = 1;"),
    (r"memcpy\((\w+), (\w+), (\d+)\);", lambda m: f"memcpy({m[1]} + 1, {m[2]}, {m[3]} - sizeof *{m[1]});"),
)
_IN_PLACE = "/* Nothing to do: the output lies where the input does. */"


def break_layer(rendered: RenderedModel, layer: int) -> RenderedModel:
    """Return the model with one constant changed in the function of its layer number ``layer``.

    A layer without a constant that this knows how to change gets a statement that changes its first element.
    """
    info = rendered.layers[layer]
    name = f"{rendered.prefix}.c"
    text = rendered.files[name]
    start = text.index(f"void {info.symbol}(void)\n{{")
    end = text.index("\n}\n", start)
    body = text[start:end]
    change = f"TENSOR_{info.output.tensor}[0] = -TENSOR_{info.output.tensor}[0] + 1;"
    broken = body.replace(_IN_PLACE, change)
    for pattern, replacement in _MUTATIONS:
        if broken != body:
            break
        broken = re.sub(pattern, replacement, body, count=1)
    if broken == body:
        broken = f"{body} {change}"
    return dataclasses.replace(rendered, files={**rendered.files, name: text[:start] + broken + text[end:]})
