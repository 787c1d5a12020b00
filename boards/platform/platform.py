# SPDX-License-Identifier: Apache-2.0
"""PlatformIO's view of the platform: nothing is downloaded, the compilers are those of the operating system."""

from platformio.platform.base import PlatformBase


class Harness_emulatedPlatform(PlatformBase):  # PlatformIO derives this name from the platform's
    """Each file of ``boards/`` says in ``build`` how a board is compiled, and in ``emulation`` how it runs."""

    def is_embedded(self) -> bool:
        """Say that programs are uploaded, which keeps PlatformIO from calling them desktop programs."""
        return True
