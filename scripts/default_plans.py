# SPDX-License-Identifier: Apache-2.0
"""Tune models on an emulated board of each core and write the default plans: ``boards/plans/<core>.toml``.

    python scripts/default_plans.py [--board B ...] [--optimize LEVEL ...] [--objective O] [MODEL.tflite ...]

Without models: ``examples/digits.tflite`` and the reference models of the shared folder (``HARNESS_SHARED``, else
``../shared`` beside the checkout). The objective is cycles where the core has a table of them, else instructions.
Counts are exact: the same kernels and compilers give the same files.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.boards import Board, load_board
from harness.errors import DoesNotFit
from harness.pipeline import BenchRequest, bench_model
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.settings import data_dir
from harness.store import Store, open_store
from harness.tune import PlanFile, TuneRequest, default_objective, find_objective, tune

ROOT = Path(__file__).resolve().parent.parent
BOARDS = (
    "microbit",
    "mps2_an385",
    "mps2_an386",
    "mps2_an500",
    "mps2_an505",
    "mps3_an547",
    "riscv32_virt",
    "xtensa_lx106_sim",
)
LEVELS = ("speed",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--board", action="append")
    parser.add_argument("--optimize", action="append")
    parser.add_argument("--objective")
    options = parser.parse_args()
    shared = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
    models = options.models or [ROOT / "examples" / "digits.tflite", *sorted((shared / "models").glob("*.tflite"))]
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        for name in options.board or BOARDS:
            board = load_board(name)
            objective = options.objective or ("cycles" if board.core.cycles else default_objective(board))
            levels = {}
            for level in options.optimize or LEVELS:
                tuned = [plan for model in models if (plan := tune_one(model, board, level, objective, store))]
                levels[level] = merge(tuned)
            path = data_dir("boards") / "plans" / f"{board.core.id}.toml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(as_toml(board, objective, levels), encoding="utf-8")
            print(
                f"{path.relative_to(ROOT)}: {', '.join(f'{len(plan)} layers' for plan in levels.values())}", flush=True
            )


def tune_one(model: Path, board: Board, level: str, objective: str, store: Store) -> PlanFile | None:
    """Return the fastest plan of a model on a board, or None where the model does not fit it."""
    data = model.read_bytes()

    def bench(plan: KernelPlan, _what: str, /) -> Measurement:
        done = bench_model(
            BenchRequest(model=data, name=model.name, board=board.id, optimize=level, plan=plan), lambda: store
        )
        if done.error is not None:
            raise done.error
        assert done.outcome.measurement is not None
        return done.outcome.measurement

    wanted = find_objective(objective, board)
    request = TuneRequest(model=data, name=model.name, board=board, objective=wanted, optimize=level)
    try:
        found = tune(request, bench)
    except DoesNotFit as error:
        print(f"{model.name} on {board.id}: {error.message}", flush=True)
        return None
    before = found.before and wanted.whole(found.before)
    ram = found.before and found.before.ram.model_bytes
    print(
        f"{model.name} on {board.id}: {before:,.0f} to {wanted.whole(found.after):,.0f} {wanted.unit},"
        f" {ram:,} to {found.after.ram.model_bytes:,} bytes of RAM",
        flush=True,
    )
    return found.plan


def merge(plans: Sequence[PlanFile]) -> Mapping[str, Sequence[str]]:
    """Return the variants by signature of layers that have a choice: those that a plan chose first, then by cost."""
    chosen: dict[str, set[str]] = defaultdict(set)
    costs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for plan in plans:
        for layer in plan.layers:
            if len(layer.measured) > 1:
                chosen[layer.signature].add(layer.variant)
                for name, cost in layer.measured:
                    costs[layer.signature][name] += cost
    return {
        signature: sorted(sorted(by_name), key=lambda name: (name not in chosen[signature], by_name[name]))
        for signature, by_name in sorted(costs.items())
    }


def as_toml(board: Board, objective: str, levels: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Return the file's text: a table for each optimise level."""
    lines = [
        f"# Variants of known layers on {board.core.id}, the fastest first, by {objective} on {board.id}.",
        "# Written by scripts/default_plans.py; docs/tune.md says how they are used.",
    ]
    for level, plan in levels.items():
        lines += [
            "",
            f"[{level}]",
            *(f"{json.dumps(signature)} = {json.dumps(name)}" for signature, name in plan.items()),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
