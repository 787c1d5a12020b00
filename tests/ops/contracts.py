# SPDX-License-Identifier: Apache-2.0
"""All contracts of this folder, found in its test modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TypeVar

from harness.testing.operators import OperatorContract

Contract = TypeVar("Contract", bound=OperatorContract)


def contracts(base: type[Contract]) -> list[type[Contract]]:
    """Return the contract classes of one kind in the order of their modules, each once."""
    found: dict[str, type[Contract]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.ops.{path.stem}")
        for name, member in sorted(vars(module).items()):
            if name.startswith("Test") and isinstance(member, type) and issubclass(member, base):
                found[member.operator] = member
    return list(found.values())
