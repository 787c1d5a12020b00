# SPDX-License-Identifier: Apache-2.0
"""Finding plugins: the name in a configuration file is the name of a module in a family's package.

There is no list to edit. Plugins outside the tree register under the entry-point group ``harness.<family>``.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType

from harness.errors import UserError, did_you_mean


def names(package: str) -> tuple[str, ...]:
    """Return the names of a family's members, sorted; ``package`` is dotted, such as ``harness.emulation``."""
    module = importlib.import_module(package)
    inside = {m.name for m in pkgutil.iter_modules(module.__path__) if not m.name.startswith("_")}
    return tuple(sorted(inside | {point.name for point in entry_points(group=package)}))


def load(package: str, name: str) -> ModuleType:
    """Import one member of a family. Raises UserError, naming the nearest, where there is none of that name."""
    if name not in names(package):
        family = package.rpartition(".")[2]
        raise UserError(f"no member {name!r} in the family {family!r}", hint=did_you_mean(name, names(package)))
    for point in entry_points(group=package):
        if point.name == name:
            loaded = point.load()
            assert isinstance(loaded, ModuleType)
            return loaded
    return importlib.import_module(f"{package}.{name}")
