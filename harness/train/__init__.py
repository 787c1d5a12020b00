# SPDX-License-Identifier: Apache-2.0
"""Training: from a candidate to the bytes of a converted model, reproducibly."""

from harness.train._versions import training_stack
from harness.train.convert import convert
from harness.train.evaluate import dequantized, evaluate, model_inputs
from harness.train.fit import fit
from harness.train.keras_file import KerasFile, open_keras_file
from harness.train.produce import Trained, build, produce

__all__ = [
    "KerasFile",
    "Trained",
    "build",
    "convert",
    "dequantized",
    "evaluate",
    "fit",
    "model_inputs",
    "open_keras_file",
    "produce",
    "training_stack",
]
