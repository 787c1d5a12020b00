# SPDX-License-Identifier: Apache-2.0
"""The training stack: tf-keras on TensorFlow, made quiet and reproducible, imported when first needed.

Results depend on the number of threads (the order of a sum does), so there is one, on any machine.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from types import ModuleType

from harness.errors import UserError
from harness.tasks._quiet import captured_stderr

_HINT = "Install it with: pip install 'mcu-harness[train]'"


@cache
def tensorflow() -> ModuleType:
    """Import TensorFlow with deterministic operators and one thread.

    Raises UserError where it is not installed, or was used before in this process with other settings.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its results vary with the processor
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    tf = _import("tensorflow")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        raise UserError(
            "TensorFlow was used in this process before the harness could fix its number of threads",
            hint="Do not run TensorFlow in the process before the harness trains.",
        ) from error
    tf.config.experimental.enable_op_determinism()
    tf.get_logger().setLevel("ERROR")
    return tf


@cache
def keras() -> ModuleType:
    """Import tf-keras: what a task's networks are built with. Raises UserError where it is not installed."""
    tensorflow()
    return _import("tf_keras")


@cache
def model_optimization() -> ModuleType:
    """Import tensorflow-model-optimization. Raises UserError where it is not installed."""
    keras()
    return _import("tensorflow_model_optimization")


def _import(name: str) -> ModuleType:
    try:
        with captured_stderr():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(f"training needs the package {error.name}, which is not installed", hint=_HINT) from error
