# SPDX-License-Identifier: Apache-2.0
"""Flashers: each puts a built image onto a board, behind one protocol."""

from harness.flashers._base import Flashable, Flasher

__all__ = ["Flashable", "Flasher"]
