# SPDX-License-Identifier: Apache-2.0
"""A process that builds networks of Keras 3 for inputs of 8x8x1 and saves them: ``python -m ... FOLDER``.

Of each it writes NAME.keras, and what a process that reads it would find: the configuration, the weights, outputs.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}

import keras
import numpy as np

from harness.train._loading import leaf_layers

layers = keras.layers


def networks() -> dict[str, Any]:
    """Return the networks by name; ``ops``, ``norm`` and ``doubled`` hold what tf-keras cannot build."""
    start = keras.Input((8, 8, 1))
    branch = layers.Conv2D(4, 3, padding="same", name="left")(start)
    joined = layers.Concatenate()([layers.Add()([branch, layers.Conv2D(4, 1)(start)]), branch])
    shared = layers.Conv2D(3, 3, padding="same", activation="relu")
    twice = layers.Subtract()([shared(start), shared(layers.ReLU(max_value=0.5)(start))])
    inner_start = keras.Input((8, 8, 1))
    inner = keras.Model(inner_start, layers.Conv2D(4, 3, activation="relu")(inner_start), name="inner")
    rows = layers.Reshape((8, 8))(start)
    return {
        "chain": _chain(start),
        "branch": keras.Model(start, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(joined))),
        "shared": keras.Model(start, layers.Dense(10)(layers.Flatten()(twice))),
        "nested": keras.Sequential([keras.Input((8, 8, 1)), inner, layers.Flatten(), layers.Dense(10)]),
        "recurrent": keras.Model(start, layers.Dense(10)(layers.Bidirectional(layers.GRU(4, unroll=True))(rows))),
        "timed": keras.Model(start, layers.Dense(10)(layers.Flatten()(layers.TimeDistributed(layers.Dense(3))(rows)))),
        "ops": keras.Model(start, layers.Dense(10)(layers.Flatten()(branch * 2.0 + 1.0))),
        "norm": keras.Model(start, layers.Dense(10)(layers.RMSNormalization()(layers.Flatten()(start)))),
        "doubled": keras.Model(start, [layers.Dense(10)(layers.Flatten()(start)), layers.Flatten()(start)]),
        "lambda": keras.Model(start, layers.Dense(10)(layers.Flatten()(layers.Lambda(lambda x: x * 2)(start)))),
    }


def _chain(start: Any) -> Any:
    x = layers.Conv2D(8, 3, padding="same", kernel_regularizer="l2", use_bias=False)(start)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Activation("relu")(layers.DepthwiseConv2D(3, padding="same")(layers.MaxPooling2D(2)(x)))
    x = layers.Dropout(0.1)(layers.Conv2D(12, 1, activation="relu")(x))
    return keras.Model(start, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def main() -> None:
    """Save each network with random weights, those of normalisation among them."""
    folder = Path(sys.argv[1])
    random = np.random.default_rng(3)
    samples = random.random((16, 8, 8, 1), dtype=np.float32)
    np.save(folder / "samples.npy", samples)
    for name, model in networks().items():
        model.set_weights([random.uniform(0.1, 0.6, each.shape).astype(np.float32) for each in model.get_weights()])
        model.save(folder / f"{name}.keras")
        if name in ("doubled", "lambda"):
            continue
        found = {"config": json.dumps(keras.saving.serialize_keras_object(model))}
        weights = {
            f"{at}_{number}": values
            for at, layer in enumerate(leaf_layers(model))
            for number, values in enumerate(layer.get_weights())
        }
        np.savez(folder / f"{name}.npz", outputs=np.asarray(model(samples, training=False)), **weights)
        (folder / f"{name}.json").write_text(json.dumps({**found, "layers": len(leaf_layers(model))}))


if __name__ == "__main__":
    main()
