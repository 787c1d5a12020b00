# SPDX-License-Identifier: Apache-2.0
"""What kernels cost: ``python benchmarks/kernels.py [MODEL.tflite ...] [--board B ...] [--csv FILE]``.

Without models the five reference models of the shared folder are taken (``HARNESS_SHARED``, else ``../shared`` beside
the checkout). All figures are counted, so that they are the same on every machine. The ratio is to TensorFlow Lite
Micro with the kernels named, from the baselines of the shared folder, where they are present and have the core.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.boards import load_board
from harness.pipeline import BenchRequest, bench_model
from harness.records import Measurement
from harness.store import open_store

ROOT = Path(__file__).resolve().parent.parent
BOARDS = ("mps2_an386", "mps2_an385", "riscv32_virt")
_WIDTH = 140  # of tables that go to a file
# Core of a board: file of the baseline, kernels, and the value of its column ``core`` where it has one.
BASELINES = {
    "cortex-m4f": ("tflm_cortex_m4.csv", "TFLM + CMSIS-NN", ""),
    "cortex-m55": ("tflm_cortex_m55.csv", "TFLM + CMSIS-NN (MVE)", ""),
    "cortex-m3": ("tflm_other_cores.csv", "cmsis-nn", "cortex-m3"),
    "cortex-m0": ("tflm_other_cores.csv", "cmsis-nn", "cortex-m0"),
    "rv32imc": ("tflm_other_cores.csv", "reference", "rv32imc"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One layer of a model on a board, or with the name ``total`` all of them."""

    model: str
    board: str
    layer: str
    variant: str
    macs: int
    instructions: int
    ram_bytes: int | None = None
    stack_bytes: int | None = None
    weights_bytes: int | None = None
    code_bytes: int | None = None
    baseline_instructions: int | None = None

    @property
    def per_mac(self) -> float | None:
        return self.instructions / self.macs if self.macs else None

    @property
    def ratio(self) -> float | None:
        return self.instructions / self.baseline_instructions if self.baseline_instructions else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--board", action="append", dest="boards")
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    shared = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
    models = arguments.models or sorted((shared / "models").glob("*.tflite"))
    if not models:
        raise SystemExit("no models: name some, or set HARNESS_SHARED to a folder that has models/*.tflite")
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    rows: list[Row] = []
    for board in arguments.boards or BOARDS:
        known = baseline(shared / "baselines", board)
        rows += [row for model in models for row in measure(model, board, known)]
        console.print(table(board, [row for row in rows if row.board == board]))
    if arguments.csv:
        write_csv(arguments.csv, rows)


def measure(model: Path, board: str, baselines: Mapping[str, int]) -> list[Row]:
    """Bench a model and return a row a layer and one for the whole. Ends the program where it is not verified."""
    with tempfile.TemporaryDirectory() as folder:
        request = BenchRequest(model=model, name=model.name, board=board)
        outcome = bench_model(request, lambda: open_store(Path(folder))).outcome
    found = outcome.measurement
    if found is None or found.instructions is None or not found.verification.verified:
        raise SystemExit(f"{model.name} on {board}: {outcome.failure or 'not counted, or not verified'}")
    return [*_layers(found, model.stem, board), _total(found, model.stem, board, baselines.get(model.stem))]


def baseline(folder: Path, board: str) -> dict[str, int]:
    """Return the baseline's instructions by model; none where the file is absent or the core is not in it."""
    core = load_board(board).core.id
    if core not in BASELINES or not (folder / BASELINES[core][0]).is_file():
        return {}
    name, kernels, label = BASELINES[core]
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return {
            line["model"]: int(line["instructions"])
            for line in csv.DictReader(file)
            if kernels in (line.get("stack"), line.get("kernels")) and line.get("core", "") == label
        }


def table(board: str, rows: Sequence[Row]) -> Table:
    """Lay out all layers and totals of a board; the title has the geometric mean of the ratios."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    mean = f", geometric mean of the ratios {statistics.geometric_mean(ratios):.3f}" if ratios else ""
    shown = Table(title=f"{board}{mean}")
    for name in ("model", "layer", "variant"):
        shown.add_column(name)
    for name in ("MACs", "instructions", "a MAC", "RAM", "stack", "weights", "code", "ratio"):
        shown.add_column(name, justify="right")
    for row in rows:
        sizes = (row.ram_bytes, row.stack_bytes, row.weights_bytes, row.code_bytes)
        shown.add_row(
            row.model,
            row.layer,
            row.variant,
            f"{row.macs:,}",
            f"{row.instructions:,}",
            _decimal(row.per_mac),
            *("" if size is None else f"{size:,}" for size in sizes),
            _decimal(row.ratio, 3),
            style="bold" if row.layer == "total" else None,
            end_section=row.layer == "total",
        )
    return shown


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows, a column a field."""
    names = [*Row.__dataclass_fields__, "instructions_per_mac", "ratio"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            values = [getattr(row, name) for name in Row.__dataclass_fields__]
            writer.writerow([*values, _decimal(row.per_mac, 4), _decimal(row.ratio, 4)])


def _layers(found: Measurement, model: str, board: str) -> list[Row]:
    return [
        Row(
            model=model,
            board=board,
            layer=layer.name,
            variant=layer.variant,
            macs=layer.macs,
            instructions=layer.instructions or 0,
        )
        for layer in found.layers
    ]


def _total(found: Measurement, model: str, board: str, known: int | None) -> Row:
    assert found.instructions is not None
    return Row(
        model=model,
        board=board,
        layer="total",
        variant="",
        macs=sum(layer.macs for layer in found.layers),
        instructions=int(found.instructions.value),
        ram_bytes=found.ram.model_bytes,
        stack_bytes=found.ram.stack_bytes,
        weights_bytes=found.flash.weights_bytes,
        code_bytes=found.flash.code_bytes,
        baseline_instructions=known,
    )


def _decimal(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
