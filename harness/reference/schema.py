# SPDX-License-Identifier: Apache-2.0
"""The TFLite schema as the interpreter's package ships it, for writing test models independently of our reader."""

from __future__ import annotations

import importlib
from types import ModuleType


def schema() -> ModuleType:
    """Import the schema's generated classes (``ModelT`` and the like; they need the package ``flatbuffers``)."""
    return importlib.import_module("ai_edge_litert.schema_py_generated")
