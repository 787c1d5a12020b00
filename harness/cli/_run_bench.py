# SPDX-License-Identifier: Apache-2.0
"""The bench of a search: every candidate verified with real samples of the task besides the standard inputs."""

from __future__ import annotations

from harness.pipeline import BenchRequest, bench_model
from harness.records import BenchOutcome, Candidate
from harness.search import Bench
from harness.search.request import Watch
from harness.store import Store
from harness.tasks import LoadedTask
from harness.train import model_inputs

REAL_SAMPLES = 4


def make_bench(loaded: LoadedTask, store: Store, *, estimate: bool) -> Bench:
    """Return what the search calls to measure a candidate's model on a board."""

    def bench(model: bytes, candidate: Candidate, board: str, *, watch: Watch) -> BenchOutcome:
        samples = model_inputs(model, loaded.data.validation.inputs[:REAL_SAMPLES])
        request = BenchRequest(
            model=model,
            name="candidate.tflite",  # one name for all, so that only the model's own files are compiled anew
            board=board,
            estimate=estimate,
            real_samples=tuple((sample,) for sample in samples),
            candidate_key=candidate.key,
        )
        return bench_model(request, lambda: store, watch).outcome

    return bench
