# SPDX-License-Identifier: Apache-2.0
"""The kernel plans that travel with the harness: for a core and an optimise level, the variants of known layers.

``boards/plans/<core>.toml`` has a table for each level, from layer signatures to names of variants, the fastest first.
It is written by ``scripts/default_plans.py`` from counts on an emulated board of the core.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from harness.settings import data_dir

Ranking: TypeAlias = Mapping[str, tuple[str, ...]]  # variants by layer signature, the fastest first

_NOTHING: Ranking = MappingProxyType({})


def default_plan(core: str, optimize: str) -> Ranking:
    """Return the ranking that ships for a core and an optimise level; empty where none does."""
    return _tables(core).get(optimize, _NOTHING)


@cache
def _tables(core: str) -> Mapping[str, Ranking]:
    path = data_dir("boards") / "plans" / f"{core}.toml"
    if not path.is_file():
        return MappingProxyType({})
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        level: MappingProxyType({signature: tuple(names) for signature, names in plan.items()})
        for level, plan in found.items()
    }
