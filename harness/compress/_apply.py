# SPDX-License-Identifier: Apache-2.0
"""Finding techniques, proposing steps and applying them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from harness import registry
from harness.compress._base import FineTune, Network, Stage, Technique, TechniqueFacts, steps_in_order
from harness.errors import UserError
from harness.records import CompressionStep, Scalar
from harness.tasks import RecordingSpace, Space

FAMILY = "harness.compress"

_STAGES: Mapping[Stage, tuple[str, str]] = {"network": ("pruning", "none"), "types": ("types", "float32")}


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
    """Choose at most one technique of each stage out of ``names``, with its parameters, from a space."""
    steps = []
    for choice, absent, members in _choices(names):
        chosen = space.suggest_categorical(choice, (absent, *members))
        if chosen != absent:
            recorder = RecordingSpace(space, prefix=f"{chosen}.")
            load_technique(chosen).suggest(recorder)
            steps.append(CompressionStep(name=chosen, parameters=recorder.parameters))
    return tuple(steps)


def parameters_of_steps(steps: Sequence[CompressionStep], names: Sequence[str]) -> dict[str, Scalar]:
    """Return the parameters by which ``suggest_steps`` gives these steps again."""
    given = {step.name: step for step in steps}
    parameters: dict[str, Scalar] = {}
    for choice, absent, members in _choices(names):
        chosen = next((name for name in members if name in given), absent)
        parameters[choice] = chosen
        if chosen != absent:
            parameters |= {f"{chosen}.{name}": value for name, value in given[chosen].parameters}
    return parameters


def _choices(names: Sequence[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return each stage's choice: its parameter's name, its value for no technique, and the stage's techniques."""
    stages = {name: load_technique(name).STAGE for name in sorted(names)}
    choices = []
    for stage, (choice, absent) in _STAGES.items():
        members = tuple(name for name in stages if stages[name] == stage)
        if members:
            choices.append((choice, absent, members))
    return choices


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
