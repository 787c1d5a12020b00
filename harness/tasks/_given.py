# SPDX-License-Identifier: Apache-2.0
"""A trained model as the start of a search: what was read of its file, as plain data that any process can take."""

from __future__ import annotations

from dataclasses import dataclass

from harness.tasks._base import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenModel:
    """A model's file, what wrote it, its configuration and the weights [layer][variable] of its layers.

    ``rebuilt`` says that it can be built in tf-keras, ``lost`` why a technique cannot be applied to it, by name.
    """

    path: str
    sha256: str
    keras: str  # package and version that loaded the file
    native: bool  # written by tf-keras itself
    trusted: bool
    config: str  # JSON
    weights: tuple[tuple[Floats, ...], ...]
    rebuilt: bool
    lost: tuple[tuple[str, str], ...]

    @property
    def parameters(self) -> int:
        """Number of all weights."""
        return sum(values.size for layer in self.weights for values in layer)
