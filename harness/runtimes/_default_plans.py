# SPDX-License-Identifier: Apache-2.0
"""The kernel plans that travel with the harness: for a core and an optimise level, the fastest variant of known layers.

``boards/plans/<core>.toml`` has a table for each level, from layer signatures to names of variants. It is written by
``scripts/default_plans.py`` from counts on an emulated board of the core.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from harness.settings import data_dir

_NOTHING: Mapping[str, str] = MappingProxyType({})


def default_plan(core: str, optimize: str) -> Mapping[str, str]:
    """Return the variants by layer signature that ship for a core and an optimise level; empty where none do."""
    return _tables(core).get(optimize, _NOTHING)


@cache
def _tables(core: str) -> Mapping[str, Mapping[str, str]]:
    path = data_dir("boards") / "plans" / f"{core}.toml"
    if not path.is_file():
        return MappingProxyType({})
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return {level: MappingProxyType(plan) for level, plan in found.items() if isinstance(plan, dict)}
