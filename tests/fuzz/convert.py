# SPDX-License-Identifier: Apache-2.0
"""A child process that converts random networks, so that a crash of the converter ends nothing else.

``python -m tests.fuzz.convert FOLDER`` reads FOLDER/wanted.json, a list of ``{"seed", "keras", "types", "batch"}``, all
of one Keras. For each it writes ``NAME.json``: ``layers`` (or ``build_error``), and ``error`` or beside it NAME.tflite.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 12


def main() -> None:
    """Convert all that is wanted and not there yet."""
    folder = Path(sys.argv[1])
    wanted = json.loads((folder / "wanted.json").read_text())
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
    legacy = wanted[0]["keras"] == "tf_keras"
    os.environ["TF_USE_LEGACY_KERAS"] = "1" if legacy else "0"
    warnings.simplefilter("ignore")
    keras = importlib.import_module("tf_keras" if legacy else "keras")
    for item in wanted:
        name = item["name"]
        told = folder / f"{name}.json"
        if told.exists():
            continue
        (folder / "under_way").write_text(name)
        result = convert(keras, item, folder / f"{name}.tflite")
        told.write_text(json.dumps(result))
        keras.backend.clear_session()


def convert(keras: Any, item: dict[str, Any], path: Path) -> dict[str, Any]:
    """Convert one network; return what is to be told of it."""
    from tests.fuzz.networks import build, describe

    try:
        model = build(keras, item["seed"], batch=item["batch"])
    except Exception as error:  # a layer that refuses what was drawn for it
        return {"build_error": f"{type(error).__name__}: {error}"}
    try:
        path.write_bytes(converted(model, item["types"], item["seed"]))
    except Exception as error:  # the converter has classes of its own
        return {"layers": describe(model), "error": f"{type(error).__name__}: {str(error)[:2000]}"}
    return {"layers": describe(model)}


def converted(model: Any, types: str, seed: int) -> bytes:
    """Convert as a user does."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    rng = np.random.default_rng((seed, 5))
    shapes = [(1, *(int(extent) for extent in tensor.shape[1:])) for tensor in model.inputs]

    def representative() -> Iterator[list[Any]]:
        for _ in range(SAMPLES):
            yield [rng.normal(size=shape).astype(np.float32) for shape in shapes]

    if types != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if types == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if types in ("int8", "int16x8"):
        converter.representative_dataset = representative
        sets = tf.lite.OpsSet
        ends = (tf.int8, tf.uint8, tf.float32)  # of an int8 model: as in TensorFlow's guide, or left as is
        kind = ends[seed // 10 % len(ends)] if types == "int8" else tf.int16
        wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8 if types == "int8" else wide]
        converter.inference_input_type = converter.inference_output_type = kind
    data: bytes = converter.convert()
    return data


if __name__ == "__main__":
    main()
