# SPDX-License-Identifier: Apache-2.0
"""What each variant of each layer costs on the board.

Where layers are measured one by one, all layers' k-th variants go into one build, so that there are as many builds as
the layer with the most variants has. A build that does not fit the board is halved until it is known which variant is
too large. Where only the whole inference is timed, every variant gets a build, in which all else stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import DoesNotFit, InstrumentError
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.tune.layers import TunableLayer
from harness.tune.objective import Objective
from harness.tune.request import Bench


@dataclass(slots=True)
class Survey:
    """Figures by layer and variant, the measurements by plan, and the variants that do not fit."""

    costs: dict[tuple[str, str], float] = field(default_factory=dict)
    measured: dict[KernelPlan, Measurement] = field(default_factory=dict)
    unfit: list[tuple[str, str]] = field(default_factory=list)


def survey(layers: Sequence[TunableLayer], objective: Objective, bench: Bench) -> Survey:
    """Measure every variant of every layer. Raises DoesNotFit where not even the leanest variants fit."""
    found = Survey()
    base = _base(layers, bench, found)
    if objective.layer is None:
        _one_by_one(layers, base, objective, bench, found)
    else:
        _together(layers, base, objective, bench, found)
    return found


def _base(layers: Sequence[TunableLayer], bench: Bench, found: Survey) -> Mapping[str, str]:
    """Measure the default plan, or where it does not fit the leanest one, and return it."""
    default = {layer.name: layer.default for layer in layers}
    leanest = {layer.name: layer.leanest for layer in layers}
    try:
        _measure(default, bench, found, "the default plan")
    except DoesNotFit:
        if leanest == default:
            raise
        _measure(leanest, bench, found, "the leanest plan")
        return leanest
    return default


def _together(
    layers: Sequence[TunableLayer], base: Mapping[str, str], objective: Objective, bench: Bench, found: Survey
) -> None:
    others = {layer.name: [name for name in layer.variants if name != base[layer.name]] for layer in layers}
    _take(found.measured[tuple(base.items())], base, objective, found)
    rounds = max(map(len, others.values()))
    for number in range(rounds):
        changes = {name: rest[number] for name, rest in others.items() if number < len(rest)}
        _try(changes, base, objective, bench, found, f"variants {number + 2} of {rounds + 1}")


def _try(
    changes: Mapping[str, str], base: Mapping[str, str], objective: Objective, bench: Bench, found: Survey, what: str
) -> None:
    plan = {**base, **changes}
    try:
        measurement = _measure(plan, bench, found, what)
    except DoesNotFit:
        if len(changes) == 1:
            found.unfit.extend(changes.items())
            return
        pairs, half = list(changes.items()), len(changes) // 2
        for part in (pairs[:half], pairs[half:]):
            _try(dict(part), base, objective, bench, found, f"{what}, in parts")
        return
    _take(measurement, changes, objective, found)


def _take(measurement: Measurement, changes: Mapping[str, str], objective: Objective, found: Survey) -> None:
    assert objective.layer is not None
    layers = {layer.name: layer for layer in measurement.layers}
    for name, variant in changes.items():
        found.costs[name, variant] = _known(objective.layer(layers[name]), objective, f"layer {name}")


def _one_by_one(
    layers: Sequence[TunableLayer], base: Mapping[str, str], objective: Objective, bench: Bench, found: Survey
) -> None:
    """Charge each variant with what the whole inference gains or loses by it."""
    whole = _known(objective.whole(found.measured[tuple(base.items())]), objective, "the inference")
    changes = [(layer.name, name) for layer in layers for name in layer.variants if name != base[layer.name]]
    for layer in layers:
        found.costs[layer.name, base[layer.name]] = 0.0
    for number, (name, variant) in enumerate(changes, start=1):
        try:
            measurement = _measure({**base, name: variant}, bench, found, f"variant {number} of {len(changes)}")
        except DoesNotFit:
            found.unfit.append((name, variant))
            continue
        found.costs[name, variant] = _known(objective.whole(measurement), objective, "the inference") - whole


def _measure(plan: Mapping[str, str], bench: Bench, found: Survey, what: str) -> Measurement:
    key = tuple(plan.items())
    if key not in found.measured:
        found.measured[key] = bench(key, what)
    return found.measured[key]


def _known(figure: float | None, objective: Objective, what: str) -> float:
    if figure is None:
        raise InstrumentError(
            f"the board gives no {objective.name} of {what}", hint="'harness doctor' says which emulator can count."
        )
    return figure
