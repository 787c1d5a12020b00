# SPDX-License-Identifier: Apache-2.0
"""The environment of a measurement: every version that a figure may depend on."""

from __future__ import annotations

import platform
from importlib.metadata import version

import harness
from harness.pipeline.target import Target
from harness.records import Firmware


def describe_environment(target: Target, firmware: Firmware) -> tuple[tuple[str, str], ...]:
    """Return names and values, sorted: versions of the tools, the compiler and its flags, the rig."""
    facts = {
        "harness": harness.__version__,
        "python": platform.python_version(),
        "platformio": version("platformio"),
        "toolchain": firmware.toolchain,
        "flags": firmware.flags,
        "rig": target.rig,
        "machine": target.machine.id,
        "clock_hz": str(target.board.clock_hz),
    }
    if target.driver is not None:
        facts["emulator"] = f"{target.driver.NAME} {target.driver.version(target.machine)}"
    return tuple(sorted(facts.items()))
