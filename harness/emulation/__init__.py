# SPDX-License-Identifier: Apache-2.0
"""Emulators: each runs an image of a board behind one protocol, and counts what it executes.

A member is a module of this package with a ``DRIVER``, an EmulatorDriver.
"""

from harness.emulation._base import CountRequest, Counts, EmulatorDriver, EmulatorSession, StartsAhead
from harness.emulation._classes import CLASSES, FLASH_SCATTERED, FLASH_SEQUENTIAL
from harness.emulation._crosscheck import count_agrees
from harness.emulation._ways import Way, installed_way, ways

__all__ = [
    "CLASSES",
    "FLASH_SCATTERED",
    "FLASH_SEQUENTIAL",
    "CountRequest",
    "Counts",
    "EmulatorDriver",
    "EmulatorSession",
    "StartsAhead",
    "Way",
    "count_agrees",
    "installed_way",
    "ways",
]
