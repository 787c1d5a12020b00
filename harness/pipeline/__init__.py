# SPDX-License-Identifier: Apache-2.0
"""The whole flow, from a model file to a verified measurement."""

from harness.pipeline.bench import Benched, bench_model
from harness.pipeline.inputs import read_tensors, write_tensors
from harness.pipeline.request import BenchRequest, OpenStore
from harness.pipeline.target import Target, find_target

__all__ = [
    "BenchRequest",
    "Benched",
    "OpenStore",
    "Target",
    "bench_model",
    "find_target",
    "read_tensors",
    "write_tensors",
]
