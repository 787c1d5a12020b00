# SPDX-License-Identifier: Apache-2.0
"""Cycles of counted code, by the table of its core: modelled, as no emulator here knows a pipeline or a wait state."""

from __future__ import annotations

from collections.abc import Iterable

from harness.boards import Core
from harness.emulation import FLASH_SCATTERED, FLASH_SEQUENTIAL
from harness.errors import BadBoard
from harness.records import Cycles

_FLASH_READS = (FLASH_SEQUENTIAL, FLASH_SCATTERED)


def price_cycles(core: Core, classes: Iterable[tuple[str, int]]) -> Cycles | None:
    """Return the modelled cycles of counted classes, or None where the core has no table or nothing was counted.

    zero_wait = sum over the classes of count * price, from memories that answer at once; flash_wait = zero_wait +
    reads of flash * price of such a read. Raises BadBoard where the table lacks the price of a class that was counted.
    """
    table, counts = core.cycles, {name: count for name, count in classes if count}
    if table is None or not counts:
        return None
    flash_reads = sum(counts.pop(name, 0) for name in _FLASH_READS)
    prices = dict(table.prices)
    if missing := sorted(counts.keys() - prices.keys()):
        name = missing[0]
        raise BadBoard(
            f"the table of cycles of {core.id} has no price for {name!r}, of which {counts[name]} were counted",
            hint=f"Add it to [cycles.prices] of boards/cores/{core.id}.toml.",
        )
    flash_source = f"{table.flash_read:g} more a read of flash, {table.flash_source}"
    zero_wait = sum(count * prices[name] for name, count in counts.items())
    return Cycles(
        zero_wait=round(zero_wait),
        flash_wait=round(zero_wait + flash_reads * table.flash_read),
        source=f"zero_wait: {table.source}; flash_wait: {flash_source}",
    )
