# SPDX-License-Identifier: Apache-2.0
"""``harness.bench``: one model on one board, built, run, measured and verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.api._bench_result import BenchResult
    from harness.store import Store


def bench(
    model: str | Path | bytes,
    *,
    board: str = "mps2_an386",
    runtime: str = "codegen",
    optimize: str = "speed",
    plan: str | Path | None = None,
    tflm_lib: str | Path | None = None,
    data: str | None = None,
    estimate: bool = False,
    port: str | None = None,
    samples: int = 10,
    inputs: Sequence[NDArray[np.generic]] | None = None,
    outputs: bool = False,
    out: str | Path | None = None,
    cache: bool = True,
    results: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> BenchResult:
    """Measure and verify a model on a board.

    ``model`` is the path of a ``.tflite`` file, or its bytes; ``board`` an id, or the path of a board's file.
    ``inputs`` are tensors of your own, in the model's order, types and shapes; with ``outputs`` the result has what the
    device made of them (else of the default input). ``estimate`` prices the counts of an emulated core for a real board
    that is not here; ``port`` is the serial port of a real board (default: found by its USB ids), ``samples`` the
    number of timed inferences on it. ``out`` is a folder in which to keep the firmware project, ``plan`` a kernel-plan
    file of this model, ``tflm_lib`` the folder of the PlatformIO library for the runtime ``tflm``. ``data`` is a task
    (a name, or the path of its file) whose metric is scored with that runtime's kernels and with the reference's.
    Counted figures are answered from the store in the folder ``results`` (default: HARNESS_RESULTS, else ./results)
    unless ``cache`` is false or ``out`` or ``outputs`` are asked for. ``progress`` is told the name of each stage as it
    begins.

    Raises the errors of ``harness.errors``: BadModel, UnsupportedModel or DoesNotFit before anything is built,
    BadBoard, NoBoard, BuildError, the family of RigError, and WrongAnswer where an output differs from the reference.
    """
    from harness.pio import prime_pio

    prime_pio()  # it starts while the rest is imported and the firmware rendered
    from harness.api._plan import open_plan
    from harness.pipeline import BenchRequest, bench_model

    kernels = open_plan(plan)
    request = BenchRequest(
        model=model if isinstance(model, bytes) else Path(model),
        name="model.tflite" if isinstance(model, bytes) else str(model),
        board=str(board),
        runtime=runtime,
        optimize=optimize,
        plan=kernels.by_name,
        plan_model=kernels.model_sha256,
        library=None if tflm_lib is None else Path(tflm_lib),
        task=data or "",
        estimate=estimate,
        port=port,
        samples=samples,
        inputs=None if inputs is None else tuple(inputs),
        keep_project=None if out is None else Path(out),
        use_cache=cache and not outputs and out is None,  # the store has neither output tensors nor images
    )
    with _LateStore(results) as open_store:
        done = bench_model(request, open_store, progress or _silent)
    if done.error is not None:
        assert done.outcome.failure is not None
        done.error.stage = done.outcome.failure.stage
        raise done.error
    from harness.api._bench_result import bench_result

    return bench_result(done.outcome, done.outputs if outputs else None)


class _LateStore:
    """The store of results, opened where it is first needed: what imports a database shall not delay the build."""

    def __init__(self, results: str | Path | None) -> None:
        self._results = results
        self._store: Store | None = None

    def __call__(self) -> Store:
        """Open the store, or return it where it is open."""
        if self._store is None:
            from harness.settings import results_dir
            from harness.store import open_store

            self._store = open_store(results_dir(None if self._results is None else Path(self._results)))
        return self._store

    def __enter__(self) -> _LateStore:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._store is not None:
            self._store.close()


def _silent(_stage: str) -> None:
    """Tell nobody."""
