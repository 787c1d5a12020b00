# SPDX-License-Identifier: Apache-2.0
"""Make what the first ``harness bench`` would wait for: PlatformIO's core folder, and what counts in emulators."""

from __future__ import annotations

import sys

from harness.emulation import qemu, simavr
from harness.errors import HarnessError
from harness.pio import core_dir


def main() -> int:
    """Return 0; what cannot be made is told, and made (or told again) by the command that needs it."""
    print(f"PlatformIO's core folder: {core_dir()}")
    try:
        for plugin in (*qemu.DRIVER.prepare(), *simavr.DRIVER.prepare()):
            print(f"Instruction counter: {plugin}")
    except HarnessError as error:
        print(error, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
