# SPDX-License-Identifier: Apache-2.0
"""Training: from a candidate to the bytes of a converted model, reproducibly."""

from harness.train._versions import training_stack
from harness.train.convert import convert
from harness.train.evaluate import evaluate, model_inputs
from harness.train.fit import fit
from harness.train.produce import Trained, build, produce

__all__ = ["Trained", "build", "convert", "evaluate", "fit", "model_inputs", "produce", "training_stack"]
