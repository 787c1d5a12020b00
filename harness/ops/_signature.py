# SPDX-License-Identifier: Apache-2.0
"""What a layer's speed depends on, as a line of text: the key of plans that serve more than one model."""

from __future__ import annotations

from collections.abc import Iterable

from harness.graph import Tensor
from harness.ops._base import Layer
from harness.ops._window import Window


def layer_signature(layer: Layer) -> str:
    """Return operator, types, shapes and window of a layer, as one line.

    Such as ``CONV_2D s8s8 1x8x8x16 by 32x3x3x16 to 1x4x4x32, window 3x3 stride 2x2 pad 0x0``. Values of weights and of
    quantization are no part of it: layers that differ in them alone cost the same, or nearly.
    """
    present = [tensor for tensor in layer.inputs if tensor is not None]
    parts = [layer.node.op, layer.signature]
    if layer.weight_format != "dense":
        parts.append(layer.weight_format)
    parts.append(_shapes(tensor for tensor in present if tensor.data is None))
    constants = [tensor for tensor in present if tensor.data is not None and len(tensor.shape) > 1]
    if constants:
        parts += ["by", _shapes(constants)]
    parts += ["to", _shapes(layer.outputs)]
    window = getattr(layer.parameters, "window", None)
    return " ".join(parts) + (_window(window) if isinstance(window, Window) else "")


def _shapes(tensors: Iterable[Tensor]) -> str:
    return "+".join("x".join(str(extent) for extent in tensor.shape) or "1" for tensor in tensors) or "nothing"


def _window(window: Window) -> str:
    height, width = window.height, window.width
    text = f", window {height.filter}x{width.filter} stride {height.stride}x{width.stride} pad {height.pad}x{width.pad}"
    dilated = (height.dilation, width.dilation) != (1, 1)
    return f"{text} dilation {height.dilation}x{width.dilation}" if dilated else text
