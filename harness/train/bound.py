# SPDX-License-Identifier: Apache-2.0
"""What a candidate is sure to need, from its untrained network alone: told in a fraction of the time of a conversion.

Counted are the weights of dense and convolutional layers, what int8 arithmetic needs for each of their channels, and
the largest of their outputs; the converter keeps all of it. What else a model needs comes on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.compress import load_technique
from harness.errors import HarnessError
from harness.records import Candidate
from harness.tasks import LoadedTask, keras
from harness.train.produce import SEEDS, build

_INT8_LEVELS = 127
_REQUANTIZATION_BYTES = 9  # of an output channel of an int8 convolution: its bias, multiplier and shift
_BIAS_BYTES = 4  # of one of an int8 dense layer
_TOO_LITTLE = 0.02  # of what the channel with the most gets: by so little a channel may always round to zero

Weights: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Bytes that a model needs at least: constants in flash, activations, and the runner's copy of its input."""

    weights_bytes: int
    activations_bytes: int
    input_bytes: int


def bound(candidate: Candidate, loaded: LoadedTask) -> Bound | None:
    """Return what a candidate's untrained model needs at least, never more than its conversion shows.

    None where that cannot be told before: for a network that is not a graph of Keras layers, for a technique that does
    not say what it leaves, and where channels of an int8 model may turn out to be constant, for these are left out.
    Raises BadTask for a family or parameters that the task lacks.
    """
    if loaded.given is not None:
        return None
    keras().backend.clear_session()
    keras().utils.set_random_seed(candidate.seed % SEEDS)  # the weights that the conversion would have
    model = build(candidate, loaded)
    kernels = _kernels(model, candidate)
    if kernels is None:
        return None
    is_int8 = any(load_technique(step.name).STAGE == "types" for step in candidate.compression)
    if is_int8 and not (_is_fresh(model) and all(_all_channels_stay(*each) for each in kernels)):
        return None
    item_bytes = 1 if is_int8 else 4
    outputs = [prod(layer.output_shape[1:-1]) * _channels(layer, kernel) for layer, kernel in kernels]
    per_channel = sum(_channel_bytes(layer) * _channels(layer, kernel) for layer, kernel in kernels) if is_int8 else 0
    return Bound(
        weights_bytes=item_bytes * sum(kernel.size for _, kernel in kernels) + per_channel,
        activations_bytes=item_bytes * max(outputs, default=0),
        input_bytes=item_bytes * prod(loaded.data.train.inputs.shape[1:]),
    )


def _kernels(model: Any, candidate: Candidate) -> list[tuple[Any, Weights]] | None:
    """Return the layers that are counted with what a candidate's compression leaves of their kernels, or None."""
    if not getattr(model, "_is_graph_network", False):
        return None
    layers = keras().layers
    counted = (layers.Dense, layers.Conv2D, layers.DepthwiseConv2D)
    found = [layer for layer in model.layers if type(layer) in counted and len(layer.inbound_nodes) == 1]
    kernels = {layer.name: layer.get_weights()[0] for layer in found}
    for step in candidate.compression:
        technique = load_technique(step.name)
        if technique.STAGE == "types" or getattr(technique, "SHAPES_STAY", False):
            continue
        if not hasattr(technique, "kernels_left"):
            return None
        try:
            kernels = technique.kernels_left(model, dict(step.parameters))
        except HarnessError:  # the conversion will say so
            return None
    return [(layer, kernels[layer.name]) for layer in found]


def _channels(layer: Any, kernel: Weights) -> int:
    """Return the channels of a layer's output; a depthwise kernel is [height, width, channel, multiplier]."""
    return int(prod(kernel.shape[-2:]) if type(layer) is keras().layers.DepthwiseConv2D else kernel.shape[-1])


def _channel_bytes(layer: Any) -> int:
    return _BIAS_BYTES if type(layer) is keras().layers.Dense else _REQUANTIZATION_BYTES


def _is_fresh(model: Any) -> bool:
    """Tell whether no bias and no normalisation can make a channel constant: all are as Keras initialises them."""
    for layer in model.layers:
        for variable in layer.weights:
            name, values = variable.name.rpartition("/")[2].partition(":")[0], variable.numpy()
            if name in ("bias", "beta", "moving_mean") and np.any(values != 0):
                return False
            if name in ("gamma", "moving_variance") and np.any(values != 1):
                return False
    return True


def _all_channels_stay(layer: Any, kernel: Weights) -> bool:
    """Tell whether every output may be positive by more than rounding, and every input is read, in int8."""
    gain = np.maximum(kernel, 0).sum(axis=(0, 1) if kernel.ndim == 4 else 0)
    if type(layer) is keras().layers.DepthwiseConv2D:
        return bool(np.all(gain > _TOO_LITTLE * gain.max()))
    gain = gain.sum(axis=0) if kernel.ndim == 4 else gain
    steps = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0) / _INT8_LEVELS
    read = (np.abs(kernel) > steps).any(axis=-1)
    return bool(np.all(gain > _TOO_LITTLE * gain.max()) and read.reshape(-1, kernel.shape[-2]).any(axis=0).all())
