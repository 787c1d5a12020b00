# SPDX-License-Identifier: Apache-2.0
"""Loaded by ``pio device monitor``: makes ``emulator://ENVIRONMENT`` a port that pyserial can open."""

import sys
from pathlib import Path

import serial
from platformio.public import DeviceMonitorFilterBase

_PLATFORM = str(Path(__file__).resolve().parent.parent)
_HANDLERS = "harness_emulated_serial"

if _PLATFORM not in sys.path:
    sys.path.insert(0, _PLATFORM)
if _HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(_HANDLERS)


class Emulator(DeviceMonitorFilterBase):
    """Changes nothing of what passes: PlatformIO loads the module for its filter, and with it the port."""

    NAME = "emulator"
