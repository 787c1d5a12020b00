# SPDX-License-Identifier: Apache-2.0
"""Emulators: each runs an image of a board behind one protocol, and counts what it executes."""

from harness.emulation._base import CountRequest, Counts, EmulatorDriver, EmulatorSession

__all__ = ["CountRequest", "Counts", "EmulatorDriver", "EmulatorSession"]
