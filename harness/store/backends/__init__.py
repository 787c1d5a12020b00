# SPDX-License-Identifier: Apache-2.0
"""Databases that a store may lie in. One module a database, named as its URLs begin."""

from harness.store.backends._base import Backend, Remedies

FAMILY = "harness.store.backends"

__all__ = ["FAMILY", "Backend", "Remedies"]
