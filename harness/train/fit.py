# SPDX-License-Identifier: Apache-2.0
"""Training a network of tf_keras, the same way every time: seeded, deterministic, stopped early by the validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.tasks import LoadedTask, keras


def fit(
    model: Any,
    loaded: LoadedTask,
    *,
    epochs: int,
    learning_rate: float,
    seed: int,
    callbacks: Sequence[Any] = (),
) -> int:
    """Train ``model`` in place and leave it with the weights of the epoch of least validation loss.

    Returns the number of epochs. Sets the random seeds of Python, numpy and TensorFlow.
    """
    plan, train, validation = loaded.task.plan, loaded.data.train, loaded.data.validation
    keras().utils.set_random_seed(seed)
    optimizer = keras().optimizers.Adam(learning_rate)
    optimizer.build(model.trainable_variables)  # else the step is traced once to make them and once to use them
    model.compile(optimizer, loaded.task.loss)
    stopper = keras().callbacks.EarlyStopping("val_loss", patience=plan.patience, restore_best_weights=True)
    history = model.fit(
        train.inputs,
        train.targets,
        batch_size=plan.batch_size,
        epochs=epochs,
        validation_data=(validation.inputs, validation.targets),
        validation_batch_size=len(validation.inputs),
        callbacks=[*callbacks, stopper],
        verbose=0,
    )
    return len(history.epoch)
