# SPDX-License-Identifier: Apache-2.0
"""``python -m harness`` is ``harness``."""

from harness.cli.app import main

main()
