# SPDX-License-Identifier: Apache-2.0
"""What the kernels of depthwise convolutions share: which layers they are for, weights channel by channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Layer
from harness.ops.depthwise_conv_2d import Parameters


def is_dense(layer: Layer) -> bool:
    """Tell whether a layer is dense int8 of one batch, without dilation."""
    if layer.signature != "s8s8" or layer.weight_format != "dense":
        return False
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    window = parameters.window
    return source.shape[0] == window.height.dilation == window.width.dilation == 1


def channels_by_taps(layer: Layer) -> NDArray[np.int8]:
    """Return the weights as channels x taps."""
    weights = layer.inputs[1]
    assert weights is not None
    assert weights.data is not None
    return np.ascontiguousarray(weights.data.astype(np.int8).reshape(-1, weights.shape[3]).T)
