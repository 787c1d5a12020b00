# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from tests.search.conftest import postgresql, shared, store

__all__ = ["postgresql", "shared", "store"]
