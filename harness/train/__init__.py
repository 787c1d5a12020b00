# SPDX-License-Identifier: Apache-2.0
"""Training: from a candidate to the bytes of a converted model, reproducibly."""

from harness.train._versions import training_stack
from harness.train.bound import Bound, bound
from harness.train.check import check_networks
from harness.train.convert import convert
from harness.train.evaluate import checked_score, dequantized, evaluate, evaluate_all, model_inputs, predict
from harness.train.fit import fit
from harness.train.given import lost_lines, open_model, with_model
from harness.train.keras_file import KerasFile, open_keras_file
from harness.train.produce import Trained, build, produce
from harness.train.rungs import Halted, Judge, Rung, RungScore, Verdict, rung_epochs, rung_metrics, scores_at
from harness.train.trainers import Closed, Limits, Trainers, default_jobs, default_limits
from harness.train.untrained import untrained

__all__ = [
    "Bound",
    "Closed",
    "Halted",
    "Judge",
    "KerasFile",
    "Limits",
    "Rung",
    "RungScore",
    "Trained",
    "Trainers",
    "Verdict",
    "bound",
    "build",
    "check_networks",
    "checked_score",
    "convert",
    "default_jobs",
    "default_limits",
    "dequantized",
    "evaluate",
    "evaluate_all",
    "fit",
    "lost_lines",
    "model_inputs",
    "open_keras_file",
    "open_model",
    "predict",
    "produce",
    "rung_epochs",
    "rung_metrics",
    "scores_at",
    "training_stack",
    "untrained",
    "with_model",
]
