# SPDX-License-Identifier: Apache-2.0
"""A Gaussian process for each objective and for the violation; needs torch, which is not installed by default.

It knows no branches: parameters of a branch that a trial did not take have their middle value.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from harness.errors import UserError
from harness.search.samplers._base import STARTUP_TRIALS, Needs, Seeds

NEEDS = Needs(every_name=True, ranked=True, minimised=True, log_violation=True)


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal. Raises UserError where torch or SciPy is not installed."""
    for package in ("torch", "scipy"):
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise UserError(
                f"the sampler gp needs the package {error.name}, which is not installed",
                hint="Install it with: pip install 'mcu-harness[gp]', or choose another one: --sampler tpe",
            ) from error
    return _InOneThread(
        seed=seeds.proposal,
        n_startup_trials=STARTUP_TRIALS,
        deterministic_objective=True,  # the same candidate gives the same figures
        warn_independent_sampling=False,
    )


class _InOneThread(optuna.samplers.GPSampler):
    """Computes in one thread: its matrices are small, and several threads take several times as long for them."""

    def sample_relative(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        with _one_thread():
            return super().sample_relative(*arguments, **named)


@contextmanager
def _one_thread() -> Iterator[None]:
    torch = importlib.import_module("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
