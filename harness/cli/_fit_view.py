# SPDX-License-Identifier: Apache-2.0
"""How the answers of ``harness fit`` look, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.cli._console import console, print_whole, visible
from harness.errors import HarnessError
from harness.footprint import Fit, MemoryUse, Size

_LEGEND = (
    "Bytes. Exact: tensors, weights, inputs, the stack's reserve. Estimated: code, and the firmware without a model."
)
_STYLES = {"fits": "green", "too close to say": "yellow", "does not fit": "red"}


def as_dict(found: Fit, model: str) -> dict[str, Any]:
    """Return an answer as JSON; ``error_bytes`` is how far the estimated part may be off, either way."""
    return {
        "model": model,
        "board": found.board,
        "verdict": found.verdict,
        "missing_bytes": found.missing_bytes,
        "ram": _size(found.ram),
        "flash": _size(found.flash),
        "weights_bytes": found.weights_bytes,
        "activations_bytes": found.activations_bytes,
        "code": _size(found.code),
        "base": {"date": found.base.date, "source": found.base.source},
        "memories": [
            {
                "name": use.name,
                "kind": use.kind,
                "size_bytes": use.size_bytes,
                "needed": _size(use.needed),
                "left_bytes": use.left_bytes,
                "missing_bytes": use.missing_bytes,
                "verdict": use.verdict,
            }
            for use in found.memories
        ],
    }


def refused_as_dict(board: str, model: str, error: HarnessError) -> dict[str, Any]:
    """Return as JSON why a board gives no answer."""
    failure = {"kind": type(error).__name__, "stage": error.stage, "message": error.message}
    return {"model": model, "board": board, "failure": failure}


def print_fits(model: str, fits: Sequence[Fit]) -> None:
    """Print a line a board and memory: what is needed of it, what is left or missing."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("BOARD", "", "MEMORY"):
        table.add_column(head, no_wrap=True)
    for head in ("NEEDED", "OF IT EXACT", "LEFT"):
        table.add_column(head, justify="right", no_wrap=True)
    for found in fits:
        for number, use in enumerate(found.memories):
            first = number == 0
            verdict = Text(found.verdict, style=_STYLES[found.verdict]) if first else Text()
            exact = f"{use.needed.exact_bytes:,}"
            board = Text(found.board if first else "", style="bold")
            table.add_row(board, verdict, use.name, f"{use.needed.bytes:,}", exact, _left(use))
    out = console()
    out.print(Text(visible(model), style="bold"), soft_wrap=True)
    print_whole(table)
    out.print()
    out.print(Text(_LEGEND, style="dim"), soft_wrap=True)
    guessed = [found.board for found in fits if found.base.date is None]
    if guessed:
        out.print(Text(f"Nobody has measured that part on {', '.join(guessed)}: a guess.", style="dim"), soft_wrap=True)


def _left(use: MemoryUse) -> Text:
    if use.missing_bytes:
        return Text(f"{use.missing_bytes:,} missing", style=_STYLES[use.verdict])
    return Text(f"{use.left_bytes:,}", style="" if use.verdict == "fits" else _STYLES[use.verdict])


def _size(size: Size) -> dict[str, int]:
    return {
        "bytes": size.bytes,
        "exact_bytes": size.exact_bytes,
        "estimated_bytes": size.estimated_bytes,
        "error_bytes": size.error_bytes,
    }
