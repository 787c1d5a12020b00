# SPDX-License-Identifier: Apache-2.0
"""Make what the first `harness bench` would otherwise wait for: PlatformIO's core folder and the counter's plugin."""

from __future__ import annotations

from harness.pio import core_dir


def main() -> None:
    print(f"PlatformIO's core folder: {core_dir()}")


if __name__ == "__main__":
    main()
