# SPDX-License-Identifier: Apache-2.0
"""Finding techniques, proposing steps and applying them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from harness import registry
from harness.compress._base import FineTune, Network, Technique, TechniqueFacts, steps_in_order
from harness.errors import UserError
from harness.records import CompressionStep
from harness.tasks import RecordingSpace, Space

FAMILY = "harness.compress"
NONE = "none"
FLOAT32 = "float32"


def load_technique(name: str) -> Technique:
    """Load a technique by the name of its module. Raises UserError, naming the nearest, where there is none."""
    return cast(Technique, registry.load(FAMILY, name))


def technique_names() -> tuple[str, ...]:
    """Return the names of all techniques, sorted."""
    return registry.names(FAMILY)


def describe_techniques() -> tuple[TechniqueFacts, ...]:
    """Return what a report says of each technique, by name."""
    return tuple(describe_technique(name) for name in technique_names())


def describe_technique(name: str) -> TechniqueFacts:
    """Return what a report says of one technique. Raises UserError where there is none of that name."""
    technique = load_technique(name)
    return TechniqueFacts(
        name=name,
        summary=technique.SUMMARY,
        stage=technique.STAGE,
        gain_on_device=technique.GAIN_ON_DEVICE,
        note=technique.NOTE,
    )


def suggest_steps(space: Space, names: Sequence[str]) -> tuple[CompressionStep, ...]:
    """Choose at most one technique on the network and one on the types out of ``names``, with their parameters."""
    techniques = {name: load_technique(name) for name in sorted(names)}
    steps = []
    for stage, choice, absent in (("network", "pruning", NONE), ("types", "types", FLOAT32)):
        members = tuple(name for name, technique in techniques.items() if stage == technique.STAGE)
        chosen = space.suggest_categorical(choice, (absent, *members)) if members else absent
        if chosen != absent:
            recorder = RecordingSpace(space, prefix=f"{chosen}.")
            techniques[chosen].suggest(recorder)
            steps.append(CompressionStep(name=chosen, parameters=recorder.parameters))
    return tuple(steps)


def apply_steps(network: Network, steps: Sequence[CompressionStep], *, fine_tune: FineTune, seed: int) -> Network:
    """Apply the steps of a candidate in order. Raises UserError for an order in which steps make no sense."""
    techniques = {step.name: load_technique(step.name) for step in steps}
    if not steps_in_order(steps, {name: technique.STAGE for name, technique in techniques.items()}):
        order = ", ".join(step.name for step in steps)
        raise UserError(
            f"the steps of compression cannot come in this order: {order}",
            hint="At most one that changes the network, then at most one that changes the types.",
        )
    for step in steps:
        network = techniques[step.name].apply(network, dict(step.parameters), fine_tune=fine_tune, seed=seed)
    return network
