# SPDX-License-Identifier: Apache-2.0
"""Hardware-in-the-loop benchmarking and deployment of machine-learning models on microcontrollers.

``harness.bench``, ``harness.fit``, ``harness.run`` and ``harness.results`` are what the commands of these names call;
each is imported when it is first used. Errors are those of ``harness.errors``. See docs/api.md.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["BenchResult", "Fit", "RunResult", "bench", "errors", "fit", "results", "run"]

if TYPE_CHECKING:
    from harness import errors
    from harness.api._bench import bench
    from harness.api._bench_result import BenchResult
    from harness.api._fit import Fit, fit
    from harness.api._results import results
    from harness.api._run import RunResult, run
else:
    _PLACES = {
        "BenchResult": "_bench_result",
        "Fit": "_fit",
        "RunResult": "_run",
        "bench": "_bench",
        "fit": "_fit",
        "results": "_results",
        "run": "_run",
    }

    def __getattr__(name):
        from importlib import import_module

        if name == "errors":
            return import_module("harness.errors")
        if name not in _PLACES:
            raise AttributeError(f"module 'harness' has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"harness.api.{_PLACES[name]}"), name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
