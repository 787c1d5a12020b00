# SPDX-License-Identifier: Apache-2.0
"""The whole flow, from a model file to a verified measurement."""

from harness.pipeline.bench import Benched, bench_model
from harness.pipeline.inputs import read_tensors, write_tensors
from harness.pipeline.request import BenchRequest, OpenStore

__all__ = ["BenchRequest", "Benched", "OpenStore", "bench_model", "read_tensors", "write_tensors"]
