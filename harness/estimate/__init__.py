# SPDX-License-Identifier: Apache-2.0
"""What is priced from counts: cycles by a core's table, latency and energy of a real board that is not connected."""

from harness.estimate.cycles import price_cycles
from harness.estimate.price import fit_cycles_per_instruction, price

__all__ = ["fit_cycles_per_instruction", "price", "price_cycles"]
