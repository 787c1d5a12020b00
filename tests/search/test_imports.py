# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

from harness import proc

HEAVY = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "sklearn", "optuna", "ai_edge_litert")
CODE = f"""
import sys
import harness.compress, harness.search, harness.tasks.digits, harness.train
import harness.compress.filter_pruning, harness.compress.magnitude_pruning, harness.search.drivers.optuna
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_proposing_and_describing_import_no_training_stack() -> None:
    finished = proc.run([sys.executable, "-c", CODE], timeout_seconds=60)
    assert (finished.exit_code, finished.output.strip()) == (0, "[]")
