# SPDX-License-Identifier: Apache-2.0
"""What the harness costs beside the tools that it drives: ``python benchmarks/overhead.py MODEL.tflite [BOARD]``.

Everything is timed in one run, in turn, so that a noisy machine weighs on both sides. The figure that counts is the
ratio of a warm bench (the model is compiled, the rest is there, nothing is answered from the store) to the sum of what
cannot be left out: starting the interpreter, ``pio run`` of the same project with the same files changed, and plain
QEMU with as many inferences. The harness is compiled to bytecode, as an installed one is.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness import pio, proc, registry
from harness.boards import load_board
from harness.link import Device
from harness.transports import open_port

ROUNDS = 9
HARNESS = [sys.executable, "-m", "harness.cli.app"]


def main() -> None:
    model = Path(sys.argv[1]).absolute()
    board = sys.argv[2] if len(sys.argv) > 2 else "mps2_an386"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HARNESS_RESULTS"] = str(Path(scratch) / "results")
        os.environ["HARNESS_CACHE"] = str(Path(scratch) / "cache")
        Console().print(measure(model, board, Path(scratch)))


def measure(model: Path, board: str, scratch: Path) -> Table:
    """Time everything and return the table."""
    changed = _Changed(model, scratch)
    bench = ["bench", "--board", board, "--no-cache"]
    first_ever = _seconds(lambda: _harness(*bench, str(model)))
    project = scratch / "project"
    result = json.loads(_harness(*bench, str(model), "--json", "--out", str(project)))["results"][0]
    if "failure" in result:
        raise SystemExit(f"{model.name} on {board}: {result['failure']['message']}")
    inferences = result["verification"]["inputs"] + 4  # the first again, layer by layer, counted, over painted stack
    image = project / ".pio" / "build" / board / "firmware.elf"

    rounds = _rounds(
        help=lambda: _harness("--help"),
        warm=lambda: _harness(*bench, str(changed.model())),
        stored=lambda: _harness("bench", "--board", board, str(model)),
        python=lambda: _run([sys.executable, "-c", "pass"]),
        pio=lambda: _pio_run(project, changed),
        emulator=lambda: _plain_emulator(board, image, inferences),
    )
    floors = [one["python"] + one["pio"] + one["emulator"] for one in rounds]
    ratio = statistics.median(one["warm"] / floor for one, floor in zip(rounds, floors, strict=True))

    table = Table(title=f"{model.name} on {board}: {ROUNDS} rounds, each with all of these in turn")
    table.add_column("what")
    table.add_column("median s", justify="right")
    table.add_column("least s", justify="right")
    table.add_row("bench, the first ever: core folder, counter, all objects (once)", f"{first_ever:.2f}", "")
    for name, key in (
        ("harness --help", "help"),
        ("bench, warm: only the model is compiled", "warm"),
        ("bench, answered from the store", "stored"),
        ("bare interpreter start", "python"),
        ("pio run of the same project, only the model is compiled", "pio"),
        ("plain emulator, the same number of inferences", "emulator"),
    ):
        taken = [one[key] for one in rounds]
        table.add_row(name, f"{statistics.median(taken):.2f}", f"{min(taken):.2f}")
    table.add_row("the floor: sum of these three", f"{statistics.median(floors):.2f}", f"{min(floors):.2f}")
    table.add_row("[bold]warm bench / floor, median of the rounds[/]", f"[bold]{ratio:.2f}[/]", "")
    return table


class _Changed:
    """Makes the model new each time: bytes behind its end change its hash, and so the generated sources."""

    def __init__(self, model: Path, scratch: Path) -> None:
        self._bytes = model.read_bytes()
        self._path = scratch / model.name
        self._number = 0

    def model(self) -> Path:
        self._number += 1
        self._path.write_bytes(self._bytes + self._number.to_bytes(4, "little"))
        return self._path

    def sources(self, project: Path) -> None:
        self._number += 1
        for path in (project / "src" / "model").glob("*.[ch]"):
            with path.open("a", encoding="utf-8") as file:
                file.write(f"/* {self._number} */\n")


def _rounds(**actions: Callable[[], object]) -> list[dict[str, float]]:
    """Time all actions in turn, round by round, in seconds: what slows the machine down slows all of them."""
    return [{name: _seconds(action) for name, action in actions.items()} for _ in range(ROUNDS)]


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _run(command: list[str]) -> str:
    finished = proc.run(command, timeout_seconds=600)
    if finished.exit_code:
        raise SystemExit(f"{command}: exit {finished.exit_code}\n{finished.output}")
    return finished.output


def _harness(*arguments: str) -> str:
    return _run([*HARNESS, *arguments])


def _pio_run(project: Path, changed: _Changed) -> None:
    changed.sources(project)
    finished = pio.run_pio(project, [], timeout_seconds=600)
    if finished.exit_code:
        raise SystemExit(finished.output)


def _plain_emulator(board_id: str, image: Path, inferences: int) -> None:
    board = load_board(board_id)
    driver = registry.load("harness.emulation", board.emulators[0].driver).DRIVER
    with driver.start(board, image, count=None) as session, open_port(session.port) as stream, Device(stream) as device:
        device.hello()
        device.run(inferences)


if __name__ == "__main__":
    main()
