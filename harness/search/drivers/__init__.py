# SPDX-License-Identifier: Apache-2.0
"""Search drivers: what proposes the next candidate. One module a driver, named as ``--driver`` names it."""

from harness.search.drivers._base import Define, Driver, DriverModule

FAMILY = "harness.search.drivers"

__all__ = ["FAMILY", "Define", "Driver", "DriverModule"]
