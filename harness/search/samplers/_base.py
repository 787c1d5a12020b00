# SPDX-License-Identifier: Apache-2.0
"""What a sampler of Optuna is asked for, and what it says of how the study must be kept for it.

A member is imported only where Optuna is installed, and may import it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

STARTUP_TRIALS = 10  # proposed at random before there is anything to learn from


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a sampler needs of the trials in the study.

    ``every_name``: each has a value for every parameter of the space, also of branches that it did not take.
    ``ranked``: one that is infeasible without values counts among the others by its violation. ``minimised``: less is
    better in all objectives. ``log_violation``: violations of very different sizes are brought near to each other.
    ``generation_key``: Optuna's system attribute for the generation of a trial, of ``STARTUP_TRIALS`` each.
    """

    every_name: bool = False
    ranked: bool = False
    minimised: bool = False
    log_violation: bool = False
    generation_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The seed of the study, and that of one proposal."""

    study: int
    proposal: int


class SamplerModule(Protocol):
    """A module of this package."""

    NEEDS: Needs

    def create(self, seeds: Seeds) -> Any:
        """Return a sampler of Optuna for one proposal.

        All that it knows it takes from the study. Raises UserError where it needs a package that is not installed.
        """
        ...


def derived_seed(study_seed: int, *parts: object) -> int:
    """Return a seed of 32 bits, always the same for the same arguments."""
    digest = hashlib.sha256(" ".join(map(str, (study_seed, *parts))).encode()).digest()
    return int.from_bytes(digest[:4], "little")
