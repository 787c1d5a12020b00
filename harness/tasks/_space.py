# SPDX-License-Identifier: Apache-2.0
"""Spaces that wrap another one, replay known parameters, or take the ends of what is offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import cast

from harness.errors import BadTask
from harness.records import Parameters, Scalar
from harness.tasks._base import Choice, Space


@dataclass(frozen=True, slots=True)
class FixedSpace:
    """Replays the parameters of a candidate. A parameter that is missing or out of bounds raises BadTask."""

    parameters: Mapping[str, Scalar]

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        value = self._value(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high or (value - low) % step:
            raise BadTask(f"{name} is {value!r}, but must be a whole number from {low} to {high} in steps of {step}")
        return value

    def suggest_float(self, name: str, low: float, high: float) -> float:
        value = self._value(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
            raise BadTask(f"{name} is {value!r}, but must be a number from {low:g} to {high:g}")
        return float(value)

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        value = self._value(name)
        for choice in choices:
            if choice == value and type(choice) is type(value):
                return choice
        raise BadTask(f"{name} is {value!r}, but must be one of {', '.join(map(repr, choices))}")

    def _value(self, name: str) -> Scalar:
        if name not in self.parameters:
            given = ", ".join(sorted(self.parameters)) or "none"
            raise BadTask(f"the parameter {name!r} is missing", hint=f"Given: {given}.")
        return self.parameters[name]


@dataclass(frozen=True, slots=True)
class RecordingSpace:
    """Passes on to another space under a prefix, and keeps what was taken, without the prefix, in ``taken``."""

    inner: Space
    prefix: str = ""
    taken: dict[str, Scalar] = field(default_factory=dict)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        return self._keep(name, self.inner.suggest_int(self.prefix + name, low, high, step=step))

    def suggest_float(self, name: str, low: float, high: float) -> float:
        return self._keep(name, self.inner.suggest_float(self.prefix + name, low, high))

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        return self._keep(name, self.inner.suggest_categorical(self.prefix + name, choices))

    @property
    def parameters(self) -> Parameters:
        """What was taken, as the parameters of a record: sorted by name."""
        return tuple(sorted(self.taken.items()))

    def _keep(self, name: str, value: Choice) -> Choice:
        if name in self.taken and self.taken[name] != value:
            raise BadTask(f"the parameter {name!r} is suggested twice", hint="Give each parameter a name of its own.")
        self.taken[name] = cast(Scalar, value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class CornerSpace:
    """A space of which the least of everything is taken, or the most; a choice's first or last.

    Raises BadTask where nothing can be taken: that is found before a search begins.
    """

    largest: bool
    taken: dict[str, Scalar] = field(default_factory=dict)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        if not low <= high or step < 1:
            raise BadTask(f"{name} shall be from {low!r} to {high!r} in steps of {step!r}: there is no such number")
        return self._take(name, low + (high - low) // step * step if self.largest else low)

    def suggest_float(self, name: str, low: float, high: float) -> float:
        if not low <= high or isinf(low) or isinf(high):
            raise BadTask(f"{name} shall be from {low!r} to {high!r}: there is no such number")
        return self._take(name, high if self.largest else low)

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        if not choices or not all(isinstance(choice, (str, int, float, bool)) for choice in choices):
            raise BadTask(f"{name} shall be one of {choices!r}", hint="Give texts, numbers, or true and false.")
        return self._take(name, choices[-1 if self.largest else 0])

    def _take(self, name: str, value: Choice) -> Choice:
        self.taken[name] = cast(Scalar, value)
        return value
