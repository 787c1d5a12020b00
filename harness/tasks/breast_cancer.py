# SPDX-License-Identifier: Apache-2.0
"""Cell nuclei of 569 fine-needle aspirates, 30 measures each, benign or malignant (UCI: Wolberg, Street, Mangasarian).

A table of measures, small enough for the smallest boards, and with a score beside accuracy: how many of the malignant
are found. It comes with scikit-learn. It is a benchmark, no diagnostic: 115 test samples tell apart no two networks
that are closer than some percent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.errors import UserError
from harness.tasks import (
    Array,
    Build,
    Data,
    Floats,
    Parameters,
    Space,
    Split,
    Task,
    TrainingPlan,
    accuracy,
    from_arrays,
    keras,
)

CLASSES = ("benign", "malignant")
MALIGNANT = 1
MEASURES = 30
_SPLIT_SEED = 20
_DEVIATIONS = 4.0  # what -1 and 1 stand for


def load_data() -> Data:
    """Return the measures, split by class into 60 % for training and 20 % each for validation and test."""
    try:
        from sklearn.datasets import load_breast_cancer
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'mcu-harness[train]'"
        raise UserError(
            "the task breast_cancer needs the package scikit-learn, which is not installed", hint=hint
        ) from error
    found = load_breast_cancer()
    raw = from_arrays(
        found.data.astype(np.float32),
        (found.target == 0).astype(np.int32),  # there 0 is malignant
        seed=_SPLIT_SEED,
        classes=CLASSES,
    )
    mean = raw.train.inputs.mean(axis=0)
    scale = _DEVIATIONS * raw.train.inputs.std(axis=0)

    def scaled(split: Split) -> Split:
        inputs = np.clip((split.inputs - mean) / scale, -1, 1).astype(np.float32)
        return Split(inputs=inputs, targets=split.targets)

    return Data(
        train=scaled(raw.train),
        validation=scaled(raw.validation),
        test=scaled(raw.test),
        classes=CLASSES,
        preprocessing=_constants(mean, scale),
    )


def _constants(mean: Floats, scale: Floats) -> Parameters:
    """Return what a device needs for (measure - mean) / scale, clipped to -1 to 1."""
    named = {"mean": mean, "scale": scale}
    return tuple((f"{name}_{at}", float(value)) for name, values in named.items() for at, value in enumerate(values))


def recall(outputs: Floats, targets: Array) -> float:
    """Return the share of the malignant samples that are found; 0 where there are none. ``outputs`` is [sample, 2]."""
    malignant = targets == MALIGNANT
    found = np.argmax(outputs, axis=-1) == MALIGNANT
    return float(np.sum(found & malignant) / max(1, np.sum(malignant)))


def dense(space: Space) -> Build:
    """One or two hidden layers of 2 to 24 units."""
    layers = space.suggest_int("layers", 1, 2)
    units = [space.suggest_int(f"units_{k}", 2, 24, step=2) for k in range(layers)]

    def build() -> Any:
        start = x = keras().layers.Input((MEASURES,))
        for count in units:
            x = keras().layers.Dense(count, activation="relu")(x)
        return keras().Model(start, keras().layers.Dense(len(CLASSES), activation="softmax")(x))

    return build


TASK = Task(
    summary="30 measures of cell nuclei, benign or malignant",
    input_range=(-1.0, 1.0),
    metric="accuracy",
    score=accuracy,
    metrics={"recall": recall},
    limits=("recall>=90%",),
    plan=TrainingPlan(
        epochs=40,
        batch_size=16,
        learning_rate=5e-3,
        patience=6,
        fine_tune_epochs=10,
        fine_tune_learning_rate=2e-3,
    ),
    families={"dense": dense},
    load_data=load_data,
)
