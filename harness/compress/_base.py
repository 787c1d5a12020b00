# SPDX-License-Identifier: Apache-2.0
"""What a technique of compression promises. One module a technique; it gets training as a callable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from harness.records import CompressionStep, Scalar
from harness.tasks import Space

Types: TypeAlias = Literal["float32", "int8"]
Stage: TypeAlias = Literal["network", "types"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A trained network of tf_keras, and the types that it is to be converted to."""

    model: Any
    types: Types = "float32"


class FineTune(Protocol):
    """Trains a network in place, from its present weights, reproducibly; returns the epochs that it took."""

    def __call__(self, model: Any, *, callbacks: Sequence[Any] = ()) -> int: ...


class Technique(Protocol):
    """A module of this package.

    ``STAGE`` is ``network`` where weights or shapes change, ``types`` where only the number format of the converted
    model does; steps of the first stage come first, and a candidate has at most one of each. ``GAIN_ON_DEVICE`` is
    false where today's kernels run the result no faster and no smaller than without; ``NOTE`` then says why.
    One that may make weights so regular that less code is made for them has ``CODE_FOLLOWS_WEIGHTS``, true.
    So that the size of its result is known without a conversion, one of the network may have ``SHAPES_STAY``, true, or
    ``kernels_left(model, parameters)``, what is left of the first weights of each layer, by its name.
    """

    SUMMARY: str
    STAGE: Stage
    GAIN_ON_DEVICE: bool
    NOTE: str

    def suggest(self, space: Space) -> None:
        """Take the technique's parameters from a space; their names are those that ``apply`` gets."""
        ...

    def apply(self, network: Network, parameters: Mapping[str, Scalar], *, fine_tune: FineTune, seed: int) -> Network:
        """Return a compressed copy; the network given stays as it is, and the same seed gives the same result.

        Raises UserError for parameters out of bounds, UnsupportedModel for a network that it cannot compress.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TechniqueFacts:
    """What a report says of a technique."""

    name: str
    summary: str
    stage: Stage
    gain_on_device: bool
    note: str


def steps_in_order(steps: Sequence[CompressionStep], stages: Mapping[str, Stage]) -> bool:
    """Tell whether every step on the network stands before every step on the types, with at most one of each."""
    order = [stages[step.name] for step in steps]
    return order in ([], ["network"], ["types"], ["network", "types"])
