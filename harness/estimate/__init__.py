# SPDX-License-Identifier: Apache-2.0
"""Latency and energy of a real board that is not connected, priced from the counts of an emulated one."""

from harness.estimate.price import fit_cycles_per_instruction, price

__all__ = ["fit_cycles_per_instruction", "price"]
