# SPDX-License-Identifier: Apache-2.0
"""The space of a study, and how its parameters make a candidate.

A driver knows parameters alone, by name: ``family``, those of the family under its name (``dense.layers``), what the
choice of compression is called (``pruning``, ``types``), and those of each technique (``filter_pruning.fraction``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from traceback import format_exc

from harness.compress import parameters_of_steps, suggest_steps
from harness.errors import BadTask, HarnessError
from harness.records import Candidate, CompressionStep, Parameters
from harness.tasks import RecordingSpace, Space, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A network and its compression, and all parameters that were taken from the space for them."""

    family: str
    network: Parameters
    compression: tuple[CompressionStep, ...]
    parameters: Parameters


def propose(space: Space, task: Task, techniques: Sequence[str]) -> Proposal:
    """Take a network of one of the task's families, and at most one technique of each stage, from a space.

    Raises BadTask where the family, which is the user's code, raises or asks for what the space cannot give.
    """
    whole = RecordingSpace(space)
    family = whole.suggest_categorical("family", tuple(sorted(task.families)))
    network = RecordingSpace(whole, prefix=f"{family}.")
    try:
        task.families[family](network)
    except HarnessError:
        raise
    except Exception as error:
        raise BadTask(
            f"the family {family!r} cannot take its parameters: {type(error).__name__}: {error}", log=format_exc()
        ) from error
    steps = suggest_steps(whole, techniques)
    return Proposal(family=family, network=network.parameters, compression=steps, parameters=whole.parameters)


def make_candidate(proposal: Proposal, task_key: str, seed: int) -> Candidate:
    """Return the candidate of a proposal. The same proposal in studies of one seed is the same candidate."""
    return Candidate(
        task_key=task_key,
        family=proposal.family,
        parameters=proposal.network,
        compression=proposal.compression,
        seed=seed,
    )


def parameters_of(candidate: Candidate, techniques: Sequence[str]) -> Parameters:
    """Return the parameters by which ``propose`` gives a candidate's network and compression again."""
    network = {f"{candidate.family}.{name}": value for name, value in candidate.parameters}
    steps = parameters_of_steps(candidate.compression, techniques)
    return tuple(sorted({"family": candidate.family, **network, **steps}.items()))
