# SPDX-License-Identifier: Apache-2.0
"""The one Jinja environment of the firmware templates: an undefined name is an error, output is the same every time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

import jinja2

from harness.emit.numbers import f32, s32, table
from harness.settings import cache_dir, data_dir


@cache
def environment() -> jinja2.Environment:
    """Return the environment; templates are named relative to ``firmware_templates``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_dir("firmware_templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the templates are C; only typed names and numbers reach them
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_bytecode_cache(),
    )
    environment.filters |= {"f32": f32, "s32": s32, "table": table}
    return environment


def render(template: str, context: Mapping[str, object]) -> str:
    """Render one template, such as ``ops/conv_2d/generic.c.j2``."""
    return environment().get_template(template).render(context)


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Return a cache of compiled templates, which halves the time of a first rendering; None where none can be."""
    folder = cache_dir() / f"templates-jinja-{jinja2.__version__}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None
