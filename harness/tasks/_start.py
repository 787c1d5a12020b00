# SPDX-License-Identifier: Apache-2.0
"""A task of your own: what to tell apart, and which networks may do it.

Run it as it is:   harness run --task ./THIS_FILE.py --board mps2_an386 --trials 10
Then replace, in this order: load_data by your data, the families by your networks, the numbers of TASK.
"""

from typing import Any

import numpy as np

from harness.tasks import Build, Data, Space, Split, Task, TrainingPlan, accuracy, keras

CLASSES = ("sine", "square", "sawtooth")
SAMPLES = 64  # of one signal


def load_data() -> Data:
    """Return signals of three shapes, made here. Yours: from_npz, from_image_folder, from_wav_folder of harness.tasks.

    Inputs are float32 [signal, ...] within TASK.input_range, targets the numbers of the classes. The search looks at
    the validation data alone; the test data stay unseen until its end. No sample may be in two of the three.
    """
    random = np.random.default_rng(1)
    labels = np.arange(900) % len(CLASSES)
    time = np.arange(SAMPLES) / SAMPLES
    phase = (time * random.uniform(1, 4, size=(900, 1)) + random.uniform(size=(900, 1))) % 1.0
    shapes = np.stack([np.sin(2 * np.pi * phase), np.sign(phase - 0.5), 2 * phase - 1])
    signals = shapes[labels, np.arange(900)] * 0.6 + random.normal(scale=0.15, size=(900, SAMPLES))
    inputs = np.clip(signals, -1, 1).astype(np.float32)[..., np.newaxis]
    targets = labels.astype(np.int32)
    return Data(
        train=Split(inputs=inputs[:540], targets=targets[:540]),
        validation=Split(inputs=inputs[540:720], targets=targets[540:720]),
        test=Split(inputs=inputs[720:], targets=targets[720:]),
    )


def dense(space: Space) -> Build:
    """Fully connected layers. What is suggested here is what the search may vary; bounds are inclusive."""
    layers = space.suggest_int("layers", 1, 2)
    units = [space.suggest_int(f"units_{k}", 8, 48, step=8) for k in range(layers)]

    def build() -> Any:
        start = keras().layers.Input((SAMPLES, 1))
        x = keras().layers.Flatten()(start)
        for count in units:
            x = keras().layers.Dense(count, activation="relu")(x)
        return keras().Model(start, keras().layers.Dense(len(CLASSES), activation="softmax")(x))

    return build


def convolutional(space: Space) -> Build:
    """Convolutions along time, each halving the signal."""
    blocks = space.suggest_int("blocks", 1, 3)
    filters = [space.suggest_int(f"filters_{k}", 4, 16, step=4) for k in range(blocks)]
    width = space.suggest_categorical("width", (3, 5, 7))

    def build() -> Any:
        layers = keras().layers
        start = x = layers.Input((SAMPLES, 1))
        for count in filters:
            x = layers.Conv1D(count, width, strides=2, padding="same", activation="relu")(x)
        x = layers.Flatten()(layers.AveragePooling1D(x.shape[1])(x))
        return keras().Model(start, layers.Dense(len(CLASSES), activation="softmax")(x))

    return build


TASK = Task(
    summary="the shape of a noisy signal",
    input_range=(-1.0, 1.0),  # checked, and what int8 is scaled to
    loss="sparse_categorical_crossentropy",  # any loss of Keras, by its name
    metric="accuracy",  # what ``score`` is called
    score=accuracy,  # a function of outputs and targets; more is better
    plan=TrainingPlan(
        epochs=20,
        batch_size=32,
        learning_rate=1e-2,
        patience=4,  # epochs without a better validation, then training ends
        fine_tune_epochs=6,  # after a step of compression
        fine_tune_learning_rate=3e-3,
    ),
    families={"dense": dense, "convolutional": convolutional},
    load_data=load_data,
)
