# SPDX-License-Identifier: Apache-2.0
"""Finding plugins: the name in a configuration file is the name of a module in a family's package.

There is no list to edit. Plugins outside the tree register under the entry-point group ``harness.<family>``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import EntryPoints, entry_points
from types import ModuleType

from harness.errors import UserError, did_you_mean


def names(package: str) -> tuple[str, ...]:
    """Return the names of a family's members, sorted; ``package`` is dotted, such as ``harness.emulation``."""
    return tuple(sorted(_inside(package) | {point.name for point in _outside(package)}))


def load(package: str, name: str) -> ModuleType:
    """Import one member of a family. Raises UserError, naming the nearest, where there is none of that name.

    A module of the tree goes before a plugin of the same name.
    """
    if name in _inside(package):
        return importlib.import_module(f"{package}.{name}")
    for point in _outside(package):
        if point.name == name:
            loaded = point.load()
            assert isinstance(loaded, ModuleType)
            return loaded
    family = package.rpartition(".")[2]
    raise UserError(f"no member {name!r} in the family {family!r}", hint=did_you_mean(name, names(package)))


@cache
def _inside(package: str) -> frozenset[str]:
    module = importlib.import_module(package)
    return frozenset(m.name for m in pkgutil.iter_modules(module.__path__) if not m.name.startswith("_"))


def _outside(package: str) -> EntryPoints:
    return _entry_points().select(group=package)


@cache
def _entry_points() -> EntryPoints:
    """Return all entry points: asked for once, since every installed distribution is read for it (40 ms)."""
    found = entry_points()
    return EntryPoints(point for group in found.groups for point in found.select(group=group))
