# SPDX-License-Identifier: Apache-2.0
"""Train the sample model of the tour, ``examples/digits.tflite``: ``python examples/train_sample.py``.

A depthwise-separable network for 8x8 scans of handwritten digits, quantized to int8. The same seed gives
the same bytes on one machine with one version of the training stack.
"""

from __future__ import annotations

from pathlib import Path

from harness.records import Candidate, CompressionStep
from harness.tasks import load_task, task_key
from harness.train import produce, training_stack


def main() -> None:
    task = load_task("digits")
    candidate = Candidate(
        task_key=task_key(task, training_stack()),
        family="separable",
        parameters=(("stem", 8), ("blocks", 2), ("filters_0", 16), ("filters_1", 24)),
        compression=(CompressionStep(name="int8"),),
        seed=0,
    )
    trained = produce(candidate, task, watch=print)
    path = Path(__file__).with_name("digits.tflite")
    path.write_bytes(trained.model)
    print(f"{path}: {len(trained.model)} bytes, {dict(trained.artifact.metrics)}")


if __name__ == "__main__":
    main()
