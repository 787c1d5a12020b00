# SPDX-License-Identifier: Apache-2.0
"""Arrays split into training, validation and test data, each with all classes alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadTask
from harness.records import Parameters
from harness.tasks._base import Array, Data, Floats, Split


def from_arrays(
    inputs: Floats,
    targets: Array,
    *,
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    classes: Sequence[str] = (),
    preprocessing: Parameters = (),
) -> Data:
    """Split samples: shares ``validation`` and ``test`` of each class, drawn by ``seed``, the rest to train.

    ``inputs`` is [sample, ...] of float32, ``targets`` [sample, ...]; whole numbers of one dimension are classes.
    Samples of one of ``groups`` (a speaker, a device: a name a sample) come into one part together, so that none is
    recognised by what it shares with one that was trained on. Raises BadTask where a part would be empty.
    """
    if len(inputs) != len(targets):
        raise BadTask(f"there are {len(inputs)} inputs and {len(targets)} targets")
    require_shares(validation, test)
    members = split_indices(targets, (validation, test), seed=seed, groups=groups)
    if not all(map(len, members)):
        names = ("validate with", "test", "train with")
        sizes = ", ".join(f"{len(each)} to {name}" for each, name in zip(members, names, strict=True))
        raise BadTask(
            f"{len(targets)} samples are too few to split: {sizes}", hint="Give more samples, or larger shares."
        )
    parts = [Split(inputs=inputs[chosen], targets=targets[chosen]) for chosen in members]
    return Data(train=parts[2], validation=parts[0], test=parts[1], classes=tuple(classes), preprocessing=preprocessing)


def carve(train: Split, share: float, *, seed: int, groups: Sequence[str] | None = None) -> tuple[Split, Split]:
    """Return training data without a share of each class, or of whole groups, and that share."""
    require_shares(share)
    taken, left = split_indices(train.targets, (share,), seed=seed, groups=groups)
    if not len(taken) or not len(left):
        raise BadTask(f"{len(train.targets)} samples are too few to take a share of {share:g} to validate")
    rest = Split(inputs=train.inputs[left], targets=train.targets[left])
    return rest, Split(inputs=train.inputs[taken], targets=train.targets[taken])


def require_shares(*shares: float) -> None:
    """Raise BadTask for shares that leave nothing to train with."""
    if any(not 0 < share < 1 for share in shares) or sum(shares) >= 1:
        raise BadTask(f"the shares {', '.join(map(str, shares))} must be above 0, and leave something to train with")


def split_indices(
    targets: Array, shares: Sequence[float], *, seed: int, groups: Sequence[str] | None = None
) -> list[NDArray[np.intp]]:
    """Return the samples of each share and then of what is left, ascending, each part with all classes alike.

    A group goes to the share that lacks most of its samples, or to what is left, one after the other in random order.
    """
    if groups is not None:
        return _split_groups(shares, seed, groups, len(targets))
    random = np.random.default_rng(seed)
    parts: list[list[NDArray[np.intp]]] = [[] for _ in range(len(shares) + 1)]
    for members in _by_class(targets):
        order = random.permutation(members)
        ends = np.rint(np.cumsum(shares) * len(order)).astype(int)
        for part, chosen in zip(parts, np.split(order, ends), strict=True):
            part.append(chosen)
    return [np.sort(np.concatenate(part)) for part in parts]


def _split_groups(shares: Sequence[float], seed: int, groups: Sequence[str], count: int) -> list[NDArray[np.intp]]:
    if len(groups) != count:
        raise BadTask(f"there are {count} samples and {len(groups)} names of groups")
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    wanted = np.array([*shares, 1 - sum(shares)]) * count
    held = np.zeros(len(wanted))
    place = np.empty(len(names), np.intp)
    sizes = np.bincount(numbers)
    for group in np.random.default_rng(seed).permutation(len(names)):
        place[group] = int(np.argmax(1 - held / wanted))
        held[place[group]] += sizes[group]
    return [np.flatnonzero(place[numbers] == part) for part in range(len(wanted))]


def _by_class(targets: Array) -> list[NDArray[np.intp]]:
    if targets.ndim == 1 and targets.dtype.kind in "iub":
        return [np.flatnonzero(targets == value) for value in np.unique(targets)]
    return [np.arange(len(targets))]
