# SPDX-License-Identifier: Apache-2.0
"""Whether a model fits a board, told without a build."""

from harness.footprint.answers import Fit, MemoryUse, Size, Verdict
from harness.footprint.sizes import fit, fit_all, fit_at_least, helpers_of, layer_kind, table_bytes

__all__ = [
    "Fit",
    "MemoryUse",
    "Size",
    "Verdict",
    "fit",
    "fit_all",
    "fit_at_least",
    "helpers_of",
    "layer_kind",
    "table_bytes",
]
