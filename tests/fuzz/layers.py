# SPDX-License-Identifier: Apache-2.0
"""The layers that random networks are made of, by the rank of the tensor that they take (the batch counts)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.networks import MOST_STEPS, Draw, Drawing, Tensor


def window(d: Drawing, tensor: Tensor, *, most: int = 4) -> dict[str, Any]:
    """Draw kernel, stride or dilation, and padding of a convolution that suits a tensor."""
    extents = [int(extent) for extent in tensor.shape[1:-1]]
    kernel = [int(d.rng.integers(1, most)) for _ in extents]
    strides, dilation = [1] * len(extents), [1] * len(extents)
    if d.chance(0.4):
        strides = [int(d.rng.integers(1, 4)) for _ in extents] if d.chance(0.3) else [2] * len(extents)
    elif d.chance(0.25):
        dilation = [int(d.rng.integers(1, 4))] * len(extents)
    reach = [(k - 1) * by + 1 for k, by in zip(kernel, dilation, strict=True)]
    fits = all(r <= extent for r, extent in zip(reach, extents, strict=True))
    return {
        "kernel_size": tuple(kernel),
        "strides": tuple(strides),
        "dilation_rate": tuple(dilation),
        "padding": d.pick("same", "valid") if fits else "same",
    }


def conv_2d(d: Drawing, x: Tensor) -> Tensor | None:
    channels, filters = int(x.shape[-1]), d.channels()
    groups = 2 if channels % 2 == 0 and filters % 2 == 0 and d.chance(0.1) else 1
    return d.layers.Conv2D(filters, **window(d, x), activation=d.activation(), use_bias=d.chance(0.85), groups=groups)(
        x
    )


def depthwise_conv_2d(d: Drawing, x: Tensor) -> Tensor | None:
    shape = window(d, x)
    shape["strides"] = (shape["strides"][0],) * 2  # TensorFlow has no others
    multiplier = d.pick(1, 1, 1, 2, 3)
    return d.layers.DepthwiseConv2D(
        **shape, depth_multiplier=multiplier, activation=d.activation(), use_bias=d.chance(0.85)
    )(x)


def separable_conv_2d(d: Drawing, x: Tensor) -> Tensor | None:
    shape = window(d, x)
    shape["strides"] = (shape["strides"][0],) * 2
    return d.layers.SeparableConv2D(d.channels(), **shape, activation=d.activation())(x)


def conv_2d_transpose(d: Drawing, x: Tensor) -> Tensor | None:
    return d.layers.Conv2DTranspose(
        d.channels(),
        (int(d.rng.integers(1, 4)), int(d.rng.integers(1, 4))),
        strides=(int(d.rng.integers(1, 3)), int(d.rng.integers(1, 3))),
        padding=d.pick("same", "valid"),
        activation=d.activation(),
        use_bias=d.chance(0.7),
    )(x)


def pooling(d: Drawing, x: Tensor) -> Tensor | None:
    kinds = {
        4: (d.layers.MaxPooling2D, d.layers.AveragePooling2D),
        3: (d.layers.MaxPooling1D, d.layers.AveragePooling1D),
    }
    extents = [int(extent) for extent in x.shape[1:-1]]
    size = [int(d.rng.integers(1, min(3, extent) + 1)) for extent in extents]
    strides = None if d.chance(0.6) else [int(d.rng.integers(1, 3)) for _ in extents]
    one = len(extents) == 1
    return d.pick(*kinds[len(x.shape)])(
        size[0] if one else tuple(size),
        strides=None if strides is None else strides[0] if one else tuple(strides),
        padding=d.pick("same", "valid"),
    )(x)


def up_sampling(d: Drawing, x: Tensor) -> Tensor | None:
    if len(x.shape) == 3:
        return d.layers.UpSampling1D(2)(x)
    return d.layers.UpSampling2D(
        (int(d.rng.integers(1, 4)), int(d.rng.integers(1, 3))), interpolation=d.pick("nearest", "bilinear")
    )(x)


def zero_padding(d: Drawing, x: Tensor) -> Tensor | None:
    def pair() -> tuple[int, int]:
        return (int(d.rng.integers(0, 3)), int(d.rng.integers(0, 3)))

    return d.layers.ZeroPadding1D(pair())(x) if len(x.shape) == 3 else d.layers.ZeroPadding2D((pair(), pair()))(x)


def cropping(d: Drawing, x: Tensor) -> Tensor | None:
    if min(int(extent) for extent in x.shape[1:-1]) < 4:
        return None
    return d.layers.Cropping1D((1, 1))(x) if len(x.shape) == 3 else d.layers.Cropping2D(((1, 0), (0, 2)))(x)


def normalisation(d: Drawing, x: Tensor) -> Tensor | None:
    return d.layers.LayerNormalization()(x) if d.chance(0.2) else d.layers.BatchNormalization()(x)


def activation(d: Drawing, x: Tensor) -> Tensor | None:
    layers = d.layers
    return d.pick(
        layers.ReLU(),
        layers.ReLU(6.0),
        layers.LeakyReLU(),
        layers.PReLU(shared_axes=list(range(1, len(x.shape) - 1)) or None),
        layers.ELU(),
        layers.Softmax(),
        layers.Activation(d.activation()),
        layers.Activation("exponential"),
    )(x)


def skip(d: Drawing, x: Tensor) -> Tensor | None:
    """Join a tensor with an earlier one, or with a branch of its own."""
    same = [t for t in d.tensors if tuple(t.shape) == tuple(x.shape) and t is not x]
    if same:
        other = d.pick(*same)
    elif len(x.shape) == 4:
        other = d.layers.Conv2D(int(x.shape[-1]), 1, activation=d.activation())(x)
    else:
        other = d.layers.Dense(int(x.shape[-1]), activation=d.activation())(x)
    kinds = ("Add", "Add", "Add", "Multiply", "Subtract", "Maximum", "Minimum", "Average")
    return getattr(d.layers, d.pick(*kinds))()([x, other])


def concatenation(d: Drawing, x: Tensor) -> Tensor | None:
    axis = int(d.rng.integers(1, len(x.shape)))
    rest = [k for k in range(1, len(x.shape)) if k != axis]
    fitting = [t for t in d.tensors if len(t.shape) == len(x.shape) and all(t.shape[k] == x.shape[k] for k in rest)]
    others = [d.pick(*fitting)] if fitting else [x]
    if d.chance(0.3):
        others.append(d.layers.ReLU()(x))
    return d.layers.Concatenate(axis=axis)([x, *others])


def gate(d: Drawing, x: Tensor) -> Tensor | None:
    """Squeeze and excite: every channel times a number that the whole map decides."""
    mean = d.layers.GlobalAveragePooling2D(keepdims=True)(x)
    squeezed = d.layers.Conv2D(2, 1, activation="relu")(mean)
    return d.layers.Multiply()([x, d.layers.Conv2D(int(x.shape[-1]), 1, activation="sigmoid")(squeezed)])


def permute(d: Drawing, x: Tensor) -> Tensor | None:
    order = d.rng.permutation(len(x.shape) - 1) + 1
    return d.layers.Permute(tuple(int(k) for k in order))(x)


def reshape(d: Drawing, x: Tensor) -> Tensor | None:
    """Give the elements another shape, of any rank from 2 to 4."""
    total = int(np.prod([int(extent) for extent in x.shape[1:]]))
    factors = [k for k in range(2, 10) if total % k == 0]
    if not factors:
        return None
    first = int(d.pick(*factors))
    second = [k for k in range(2, 10) if (total // first) % k == 0]
    shape = [first, total // first]
    if second and d.chance(0.5):
        shape = [first, int(d.pick(*second))]
        shape.append(total // first // shape[1])
    if shape[-1] > 48:
        return None
    return d.layers.Reshape(tuple(shape))(x)


def flatten(d: Drawing, x: Tensor) -> Tensor | None:
    pools = {
        4: (d.layers.GlobalAveragePooling2D, d.layers.GlobalMaxPooling2D),
        3: (d.layers.GlobalAveragePooling1D, d.layers.GlobalMaxPooling1D),
    }
    return d.pick(d.layers.Flatten, *pools[len(x.shape)])()(x)


def conv_1d(d: Drawing, x: Tensor) -> Tensor | None:
    shape = {name: value if name == "padding" else value[0] for name, value in window(d, x).items()}
    if shape["strides"] == 1 and d.chance(0.3):
        shape["padding"] = "causal"
    kind = d.pick(d.layers.Conv1D, d.layers.Conv1D, d.layers.SeparableConv1D)
    return kind(d.channels(), **shape, activation=d.activation())(x)


def recurrent(d: Drawing, x: Tensor) -> Tensor | None:
    """An unrolled layer or, where the batch is one, an LSTM that becomes one operator."""
    if int(x.shape[1]) > MOST_STEPS:
        return None
    kind, units = d.pick("LSTM", "GRU", "SimpleRNN"), int(d.rng.integers(2, 7))
    unroll = not (kind == "LSTM" and d.batch == 1 and d.chance(0.5))
    return getattr(d.layers, kind)(units, unroll=unroll, return_sequences=d.chance(0.4))(x)


def dense(d: Drawing, x: Tensor) -> Tensor | None:
    units = d.pick(d.channels(), int(d.rng.integers(1, 33)), 96)
    return d.layers.Dense(units, activation=d.activation(), use_bias=d.chance(0.85))(x)


def dot(d: Drawing, x: Tensor) -> Tensor | None:
    """Products of every step with every other, as attention has them."""
    return d.layers.Dot(axes=2)([x, d.layers.Dense(int(x.shape[-1]))(x)])


BY_RANK: dict[int, tuple[Draw, ...]] = {
    4: (
        *(conv_2d,) * 5,
        *(depthwise_conv_2d,) * 3,
        *(separable_conv_2d,) * 2,
        *(pooling, skip, activation, concatenation, flatten) * 2,
        *(conv_2d_transpose, up_sampling, zero_padding, cropping, normalisation, gate, permute, reshape, dense),
    ),
    3: (
        *(conv_1d,) * 3,
        *(pooling, skip, activation, concatenation, recurrent, dense, flatten) * 2,
        *(up_sampling, zero_padding, cropping, normalisation, permute, reshape, dot),
    ),
    2: (*(dense,) * 4, *(skip, activation, concatenation, reshape) * 2, normalisation),
}
