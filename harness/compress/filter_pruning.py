# SPDX-License-Identifier: Apache-2.0
"""Filter pruning: the filters with the smallest L1 norm are removed, and the network is rebuilt smaller.

After Li et al., "Pruning Filters for Efficient ConvNets", 2017 (arXiv:1608.08710). A hidden unit of a dense layer
counts as a filter. What follows a layer shrinks with it: normalisation, depthwise filters, the inputs of the next
layer, also through the flattening of a map. The last layer, whose outputs are the answer, keeps all of its filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.compress._base import FineTune, Network, Stage
from harness.errors import UnsupportedModel, UserError
from harness.records import Scalar
from harness.tasks import Space, keras

SUMMARY = "the filters of the smallest L1 norm are removed, the network rebuilt smaller and fine-tuned"
STAGE: Stage = "network"
GAIN_ON_DEVICE = True
NOTE = ""

LOW, HIGH = 0.2, 0.6

Indices: TypeAlias = NDArray[np.intp]
Weights: TypeAlias = list[NDArray[np.float32]]

_PASSING = (
    "InputLayer",
    "ReLU",
    "Activation",
    "Softmax",
    "Dropout",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "ZeroPadding2D",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuilt:
    """A layer's configuration and weights after pruning, and which of its old output channels are left."""

    config: Mapping[str, Any]
    weights: Weights
    kept: Indices


def suggest(space: Space) -> None:
    """Take ``fraction``: the share of each layer's filters that is removed."""
    space.suggest_float("fraction", LOW, HIGH)


def apply(network: Network, parameters: Mapping[str, Scalar], *, fine_tune: FineTune, seed: int) -> Network:
    """Return a smaller copy, fine-tuned.

    Raises UserError where ``fraction`` is missing, no number, or out of bounds, UnsupportedModel, naming the layer, for
    a network that is no plain chain of layers that are known here.
    """
    del seed  # which filters go is decided by their norms alone
    fraction = parameters.get("fraction")
    if set(parameters) != {"fraction"} or not isinstance(fraction, (int, float)) or not 0 <= fraction < 1:
        raise UserError(f"filter_pruning takes a fraction from 0 to below 1, not {dict(parameters)}")
    smaller = remove_filters(network.model, float(fraction))
    fine_tune(smaller)
    return replace(network, model=smaller)


def remove_filters(model: Any, fraction: float) -> Any:
    """Return a new network without ``fraction`` of each layer's filters, the other weights carried over.

    At least one filter of each layer is left. Raises UnsupportedModel, naming the layer.
    """
    x = start = None
    carried: list[tuple[Any, Weights]] = []
    for layer, rebuilt in _rebuilt_layers(model, fraction):
        copy = type(layer).from_config(dict(rebuilt.config))
        if x is None:
            x = start = copy.output
        else:
            x = copy(x)
        carried.append((copy, rebuilt.weights))
    smaller = keras().Model(start, x, name=model.name)
    for copy, weights in carried:
        copy.set_weights(weights)
    return smaller


def kernels_left(model: Any, parameters: Mapping[str, Scalar]) -> dict[str, NDArray[np.float32]]:
    """Return what would be left of the first weights of each layer, by its name. Raises UnsupportedModel."""
    rebuilt = _rebuilt_layers(model, float(parameters["fraction"]))
    return {layer.name: each.weights[0] for layer, each in rebuilt if each.weights}


def _rebuilt_layers(model: Any, fraction: float) -> list[tuple[Any, _Rebuilt]]:
    layers = _chain(model)
    last = max((k for k, layer in enumerate(layers) if _is_prunable(layer)), default=-1)
    kept: Indices = np.arange(model.input_shape[-1])
    found = []
    for k, layer in enumerate(layers):
        found.append((layer, rebuilt := _rebuild(layer, kept, 0.0 if k >= last else fraction)))
        kept = rebuilt.kept
    return found


def _chain(model: Any) -> list[Any]:
    """Return the layers in order. Raises UnsupportedModel where one has several inputs or feeds several others."""
    layers = list(model.layers)
    if type(layers[0]).__name__ != "InputLayer":  # a Sequential hides its input
        layers.insert(0, keras().layers.InputLayer(batch_input_shape=model.input_shape))
    for layer in layers:
        several = len(layer.inbound_nodes) > 1 or len(layer.outbound_nodes) > 1
        if several or isinstance(layer.input, list):
            raise UnsupportedModel(
                f"filter pruning takes a plain chain of layers, but {layer.name!r} stands at a branch",
                hint="Leave filter_pruning out for this family, or write the family as a chain.",
            )
    return layers


def _is_prunable(layer: Any) -> bool:
    return type(layer).__name__ in {"Conv2D", "Dense"}


def _rebuild(layer: Any, kept: Indices, fraction: float) -> _Rebuilt:
    """Shrink a layer to the input channels that are ``kept`` and to its own filters that are left."""
    kind, config, weights = type(layer).__name__, layer.get_config(), layer.get_weights()
    if kind in {"Conv2D", "Dense"}:
        if config.get("groups", 1) != 1:
            raise UnsupportedModel(f"filter pruning cannot shrink the grouped convolution {layer.name!r}")
        own = _strongest(weights[0], fraction)
        size = {"filters" if kind == "Conv2D" else "units": len(own)}
        shrunk = [weights[0][..., kept, :][..., own], *(bias[own] for bias in weights[1:])]
        return _Rebuilt(config={**config, **size}, weights=shrunk, kept=own)
    if kind == "DepthwiseConv2D":  # kernel [height, width, channel, multiplier], output channel * multiplier + m
        multiplier = weights[0].shape[-1]
        own = (kept[:, np.newaxis] * multiplier + np.arange(multiplier)).ravel()
        return _Rebuilt(config=config, weights=[weights[0][..., kept, :], *(b[own] for b in weights[1:])], kept=own)
    if kind == "BatchNormalization":
        return _Rebuilt(config=config, weights=[values[kept] for values in weights], kept=kept)
    if kind == "Flatten":  # the channel varies fastest
        channels = layer.input_shape[-1]
        places = int(np.prod(layer.input_shape[1:-1]))
        flat = (np.arange(places)[:, np.newaxis] * channels + kept).ravel()
        return _Rebuilt(config=config, weights=[], kept=flat)
    if kind in _PASSING:
        return _Rebuilt(config=config, weights=[], kept=kept)
    raise UnsupportedModel(
        f"filter pruning does not know how to shrink the layer {layer.name!r} ({kind})",
        hint="Leave filter_pruning out for this family.",
    )


def _strongest(kernel: NDArray[np.float32], fraction: float) -> Indices:
    """Return the filters of the largest L1 norm, in their old order; ``kernel`` has the filter last."""
    count = kernel.shape[-1]
    left = max(1, count - int(fraction * count))
    norms = np.abs(kernel).reshape(-1, count).sum(axis=0)
    order = np.argsort(-norms, kind="stable")
    return np.sort(order[:left])
