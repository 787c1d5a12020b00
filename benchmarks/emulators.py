# SPDX-License-Identifier: Apache-2.0
"""What emulators of chips cost beside stock QEMU: ``python benchmarks/emulators.py MODEL.tflite CHIP ...``.

A chip and the board that stands in for it in stock QEMU run the same model in turn, round by round, so that a busy
machine weighs on both. What counts is the ratio of the two, in the median of the rounds. A bench compiles the model
anew and is not answered from the store.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from harness import proc, registry
from harness.boards import load_board
from harness.emulation import Way, ways
from harness.errors import HarnessError
from harness.firmware import build, open_project
from harness.measure.rig import open_emulated
from harness.runtimes import RenderedModel, Runtime

ROUNDS = 3
INFERENCES = 20
HARNESS = [sys.executable, "-m", "harness.cli.app"]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the wall, and of the processor in this process and in those that it waited for."""

    wall: float
    processor: float

    def minus(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.processor - other.processor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A model built for one of the two."""

    way: Way
    rendered: RenderedModel
    image: Path
    bench: tuple[str, ...]

    def session(self, inferences: int) -> Cost:
        """Start the emulator, let it answer, infer as often as told and end it."""

        def run() -> None:
            with open_emulated(self.way.machine, self.way.driver, self.image, self.rendered) as rig:
                rig.device.hello()
                if inferences:
                    rig.device.run(inferences)

        return _cost(run)


def main() -> None:
    model = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HARNESS_RESULTS"] = str(Path(scratch) / "results")
        os.environ["HARNESS_CACHE"] = str(Path(scratch) / "cache")
        for chip in sys.argv[2:]:
            Console().print(measure(model, chip, Path(scratch) / chip))


def measure(model: Path, chip: str, scratch: Path) -> Table:
    """Time a chip and its stand-in and return the table."""
    found = [way for way in ways(load_board(chip)) if way.installed]
    own = next((way for way in found if way.machine.id == chip), None)
    stock = next((way for way in found if way.machine.id != chip), None)
    if own is None or stock is None:
        raise SystemExit(f"{chip}: its emulator, or that of its stand-in, is not installed")
    sides = (_build(model, own, scratch), _build(model, stock, scratch))
    for side in sides:
        _cost(partial(_bench, side, model))  # what is compiled once, and read from disk for the first time
    rounds = [[_round(side, model) for side in sides] for _ in range(ROUNDS)]

    version = f"{own.emulator.driver} {own.version}, {stock.machine.id} on {stock.emulator.driver} {stock.version}"
    table = Table(title=f"{model.name} on {chip}: {version}; {ROUNDS} rounds; load {os.getloadavg()[1]:.1f}")
    for heading in ("seconds, median (least)", "chip", "stock", "chip / stock, median (range)"):
        table.add_column(heading, justify="left" if heading.startswith("seconds") else "right")
    for what in rounds[0][0]:
        for clock in ("wall", "processor"):
            pairs = [[cast(float, getattr(costs[what], clock)) for costs in one] for one in rounds]
            ratios = [ours / theirs for ours, theirs in pairs]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            table.add_row(f"{what}, {clock}", *(_told(column) for column in zip(*pairs, strict=True)), ratio)
    return table


def _round(side: Side, model: Path) -> dict[str, Cost]:
    start = side.session(0)
    return {
        "start and end": start,
        f"{INFERENCES} inferences": side.session(INFERENCES).minus(start),
        "bench": _cost(partial(_bench, side, model)),
    }


def _build(model: Path, way: Way, scratch: Path) -> Side:
    runtime = cast(Runtime, registry.load("harness.runtimes", "codegen").RUNTIME)
    machine = way.machine
    folder = scratch / machine.id
    rendered = runtime.render(model.read_bytes(), machine, name=model.name, optimize="speed")
    with open_project(rendered, machine, optimize="speed", keep=folder) as project:
        image = build(project, machine).elf
    estimate = ("--estimate",) if machine.kind == "real" else ()
    return Side(way=way, rendered=rendered, image=image, bench=("--board", machine.id, *estimate))


def _bench(side: Side, model: Path) -> None:
    command = [*HARNESS, "bench", *side.bench, "--no-cache", str(model)]
    finished = proc.run(command, timeout_seconds=600)
    if finished.exit_code:
        raise SystemExit(f"{command}: exit {finished.exit_code}\n{finished.output}")


def _cost(action: Callable[[], object]) -> Cost:
    wall, before = time.monotonic(), os.times()
    action()
    after = os.times()
    return Cost(time.monotonic() - wall, sum(after[:4]) - sum(before[:4]))


def _told(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f})"


if __name__ == "__main__":
    try:
        main()
    except HarnessError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
