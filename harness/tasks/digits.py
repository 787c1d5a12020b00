# SPDX-License-Identifier: Apache-2.0
"""Handwritten digits of scikit-learn: 1,797 real scans of 8x8 pixels, ten classes (UCI ML, E. Alpaydin, C. Kaynak).

Three families of networks: dense, convolutional, depthwise-separable. Pixels of 0 to 16 are scaled to [0, 1].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.errors import UserError
from harness.tasks import Build, Data, Space, Split, Task, TrainingPlan, accuracy, keras

CLASSES = 10
LEVELS = 16  # a pixel is a number from 0 to this
SHAPE = (8, 8, 1)
_SPLIT_SEED = 20
_NORM_MOMENTUM = 0.9  # an epoch has only some thirty steps: the running mean must follow faster than by default


def load_data() -> Data:
    """Return the scans, split by class into 60 % for training and 20 % each for validation and test."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'mcu-harness[train]'"
        raise UserError("the task digits needs the package scikit-learn, which is not installed", hint=hint) from error
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / LEVELS).astype(np.float32)
    labels = digits.target.astype(np.int32)
    x_rest, x_test, y_rest, y_test = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=_SPLIT_SEED
    )
    x_train, x_validation, y_train, y_validation = train_test_split(
        x_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=_SPLIT_SEED
    )
    return Data(
        train=Split(inputs=x_train, targets=y_train),
        validation=Split(inputs=x_validation, targets=y_validation),
        test=Split(inputs=x_test, targets=y_test),
        classes=tuple(map(str, range(CLASSES))),
        preprocessing=(("mean", 0.0), ("scale", float(LEVELS))),
    )


def dense(space: Space) -> Build:
    """One to three hidden layers of 8 to 64 units."""
    layers = space.suggest_int("layers", 1, 3)
    units = [space.suggest_int(f"units_{k}", 8, 64, step=8) for k in range(layers)]

    def build() -> Any:
        start = keras().layers.Input(SHAPE)
        x = keras().layers.Flatten()(start)
        for count in units:
            x = keras().layers.Dense(count, activation="relu")(x)
        return keras().Model(start, keras().layers.Dense(CLASSES, activation="softmax")(x))

    return build


def convolutional(space: Space) -> Build:
    """Two or three 3x3 convolutions of 4 to 24 filters, the map halved twice on the way."""
    blocks = space.suggest_int("blocks", 2, 3)
    filters = [space.suggest_int(f"filters_{k}", 4, 24, step=4) for k in range(blocks)]
    halving = space.suggest_categorical("halving", ("max_pool", "stride"))

    def build() -> Any:
        layers = keras().layers
        start = x = layers.Input(SHAPE)
        for k, count in enumerate(filters):
            halve = k < 2
            x = _normalised(layers.Conv2D(count, 3, _stride(halve, halving), padding="same", use_bias=False)(x))
            if halve and halving == "max_pool":
                x = layers.MaxPooling2D(2)(x)
        return keras().Model(start, _head(x))

    return build


def separable(space: Space) -> Build:
    """A 3x3 convolution, then one to three pairs of a depthwise and a pointwise one, of 4 to 32 filters."""
    stem = space.suggest_int("stem", 4, 16, step=4)
    blocks = space.suggest_int("blocks", 1, 3)
    filters = [space.suggest_int(f"filters_{k}", 8, 32, step=8) for k in range(blocks)]

    def build() -> Any:
        layers = keras().layers
        start = layers.Input(SHAPE)
        x = _normalised(layers.Conv2D(stem, 3, padding="same", use_bias=False)(start))
        for k, count in enumerate(filters):
            stride = _stride(k < 2, "stride")
            x = _normalised(layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x))
            x = _normalised(layers.Conv2D(count, 1, use_bias=False)(x))
        return keras().Model(start, _head(x))

    return build


def _stride(halve: bool, halving: str) -> int:
    return 2 if halve and halving == "stride" else 1


def _normalised(x: Any) -> Any:
    return keras().layers.ReLU()(keras().layers.BatchNormalization(momentum=_NORM_MOMENTUM)(x))


def _head(x: Any) -> Any:
    """Average the whole map by AVERAGE_POOL_2D (a global pooling layer would become MEAN), then classify."""
    layers = keras().layers
    x = layers.Flatten()(layers.AveragePooling2D((x.shape[1], x.shape[2]))(x))
    return layers.Dense(CLASSES, activation="softmax")(x)


TASK = Task(
    summary="handwritten digits, 8x8 pixels, ten classes",
    input_range=(0.0, 1.0),
    loss="sparse_categorical_crossentropy",
    metric="accuracy",
    score=accuracy,
    plan=TrainingPlan(
        epochs=20,
        batch_size=32,
        learning_rate=1e-2,
        patience=4,
        fine_tune_epochs=8,
        fine_tune_learning_rate=5e-3,
    ),
    families={"dense": dense, "convolutional": convolutional, "separable": separable},
    load_data=load_data,
)
