# SPDX-License-Identifier: Apache-2.0
"""The rule by which an output equals its golden one, and what differs where it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError

RULE = "integers equal; floats |got-wanted| <= 1e-5 + 1e-4*|wanted|, NaN equals NaN, equal infinities are equal"
ABSOLUTE = 1e-5
RELATIVE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One element that differs; ``channel`` is its position along the last axis."""

    position: tuple[int, ...]
    channel: int
    wanted: float
    got: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing two arrays found; ``largest`` is the largest absolute difference among those that differ."""

    elements: int
    differing: int
    largest: float
    first: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        return self.differing == 0

    def describe(self) -> str:
        """Say in one or more lines what differs: how many elements, by how much, and the first of them."""
        if self.equal:
            return f"all {self.elements} elements equal"
        lines = [f"{self.differing} of {self.elements} elements differ, by at most {self.largest:g}"]
        for one in self.first:
            where = ", ".join(str(extent) for extent in one.position)
            lines.append(f"  at [{where}] (channel {one.channel}): wanted {one.wanted:g}, got {one.got:g}")
        return "\n".join(lines)


def compare(got: NDArray[np.generic], wanted: NDArray[np.generic], *, show: int = 5) -> Comparison:
    """Compare an output with its golden one by ``RULE``; the first ``show`` differences are kept.

    Raises HarnessError where type or shape differ: that is a mistake of the caller, not of a kernel.
    """
    if got.dtype != wanted.dtype or got.shape != wanted.shape:
        raise HarnessError(
            f"cannot compare {got.dtype.name} of shape {got.shape} with {wanted.dtype.name} of shape {wanted.shape}"
        )
    wide_got, wide_wanted = got.astype(np.float64), wanted.astype(np.float64)
    if got.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            near = np.abs(wide_got - wide_wanted) <= ABSOLUTE + RELATIVE * np.abs(wide_wanted)
        near &= np.isfinite(wide_wanted)  # an infinite bound would let anything pass
        differs = ~(near | (wide_got == wide_wanted) | (np.isnan(wide_got) & np.isnan(wide_wanted)))
    else:
        differs = got != wanted
    positions = np.argwhere(differs)
    with np.errstate(invalid="ignore"):
        distances = np.abs(wide_got[differs] - wide_wanted[differs])
    return Comparison(
        elements=got.size,
        differing=len(positions),
        largest=float(np.max(np.nan_to_num(distances, nan=np.inf, posinf=np.inf), initial=0.0)),
        first=tuple(
            Difference(
                position=(index := tuple(int(extent) for extent in position)),
                channel=index[-1] if index else 0,
                wanted=float(wide_wanted[index]),
                got=float(wide_got[index]),
            )
            for position in positions[:show]
        ),
    )
