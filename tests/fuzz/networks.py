# SPDX-License-Identifier: Apache-2.0
"""Random small networks, drawn layer by layer from a seed, in tf-keras or Keras 3 (the same seed: the same network)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Tensor: TypeAlias = Any  # a symbolic tensor of Keras
Rng: TypeAlias = np.random.Generator

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 16)  # where the optimised kernels of others are known to fail
ACTIVATIONS = ("relu", "relu", "relu", "relu6", "linear", "sigmoid", "tanh", "elu", "selu", "swish", "gelu")
MOST_ELEMENTS = 6_000  # of a tensor, so that a network stays small
MOST_STEPS = 10  # of what is unrolled


class Drawing:
    """A network under way: the tensors so far, the random numbers, the names of the layers drawn."""

    def __init__(self, keras: Any, seed: int, *, batch: int | None) -> None:
        self.keras = keras
        self.layers = keras.layers
        self.rng = np.random.default_rng((seed, 4242))
        self.batch = batch
        self.inputs: list[Tensor] = []
        self.tensors: list[Tensor] = []

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def channels(self) -> int:
        return int(self.pick(*CHANNELS))

    def activation(self) -> str:
        return str(self.pick(*ACTIVATIONS))

    def input(self, *shape: int) -> Tensor:
        tensor = self.layers.Input(shape, batch_size=self.batch)
        self.inputs.append(tensor)
        return tensor


Draw: TypeAlias = Callable[[Drawing, Tensor], Tensor | None]  # None: it does not suit the tensor


def build(keras: Any, seed: int, *, batch: int | None) -> Any:
    """Return an untrained network with random weights; ``batch`` is 1 or, left free, None."""
    keras.utils.set_random_seed(seed)
    d = Drawing(keras, seed, batch=batch)
    rank = d.pick(4, 4, 4, 3, 2)
    size = {4: (3, 10, 3, 10), 3: (4, 13), 2: ()}[rank]
    extents = [int(d.rng.integers(low, high)) for low, high in zip(size[::2], size[1::2], strict=True)]
    tensor = d.input(*extents, d.channels())
    if d.chance(0.1):
        other = d.input(*extents, int(tensor.shape[-1]))
        tensor = d.layers.Add()([tensor, other]) if d.chance(0.5) else d.layers.Concatenate()([tensor, other])
    for _ in range(int(d.rng.integers(2, 7))):
        tensor = step(d, tensor)
    outputs = [ending(d, tensor)]
    if d.chance(0.15) and d.tensors:
        outputs.append(ending(d, d.pick(*d.tensors)))
    model = keras.Model(d.inputs, outputs)
    randomise(model, d.rng)
    return model


def step(d: Drawing, tensor: Tensor) -> Tensor:
    """Append one layer that suits the tensor."""
    from tests.fuzz.layers import BY_RANK

    family = BY_RANK[len(tensor.shape)]
    for _ in range(30):
        made = d.pick(*family)(d, tensor)
        if made is not None and 0 < elements(made) <= MOST_ELEMENTS:
            d.tensors.append(made)
            return made
    return tensor


def ending(d: Drawing, tensor: Tensor) -> Tensor:
    """Bring a tensor to an output, most often a dense layer."""
    rank = len(tensor.shape)
    if rank > 2 and d.chance(0.8):
        pools = {4: d.layers.GlobalAveragePooling2D, 3: d.layers.GlobalAveragePooling1D}
        tensor = d.layers.Flatten()(tensor) if d.chance(0.5) else pools[rank]()(tensor)
        rank = 2
    if rank == 2 and d.chance(0.8):
        tensor = d.layers.Dense(int(d.rng.integers(1, 11)), activation=d.pick(None, "softmax", "sigmoid"))(tensor)
    return tensor if len(d.tensors) or rank == 2 else d.layers.ReLU()(tensor)


def elements(tensor: Tensor) -> int:
    return int(np.prod([int(extent) for extent in tensor.shape[1:]]))


def randomise(model: Any, rng: Rng) -> None:
    """Give all weights random values: biases that are not zero, variances that are positive."""
    drawn = []
    for weights in model.get_weights():
        values = weights + rng.normal(0, 0.15, weights.shape)
        constant = weights.size and float(np.min(weights)) == float(np.max(weights)) == 1.0
        drawn.append(np.abs(values) + 0.1 if constant else values)  # gamma and variance begin with ones
    model.set_weights([values.astype(np.float32) for values in drawn])


def describe(model: Any) -> str:
    """Name the layers of a network in their order."""
    names = [type(layer).__name__ for layer in model.layers]
    return " ".join(name for name in names if name != "InputLayer")
