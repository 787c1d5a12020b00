# SPDX-License-Identifier: Apache-2.0
"""How well the search searches: ``python benchmarks/search.py run|table [--results DIR] [--seeds N] [--trials N]``.

``run`` carries out a study of the task digits for each seed and sampler, and one of networks set by hand, all in one
store, where a candidate that several studies propose is trained once. It may be ended at any moment and goes on when it
is called again. ``table`` prints what came of it as Markdown, at any moment too.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import search_figures

import harness
from harness.search import drivers
from harness.store import open_store

DRIVERS = Path(__file__).resolve().parent / "drivers"
SAMPLERS = ("tpe", "nsga2", "nsga3", "random")
HAND_SET = "hand_set"
BOARD = "mps2_an386"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--results", type=Path, default=Path("results/benchmark_search"), help="folder of the store")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=40)
    given = parser.parse_args()
    drivers.__path__.append(str(DRIVERS))  # the way of a plugin outside the tree, without installing one
    if given.what == "run":
        carry_out(given.results, given.seeds, given.trials)
    else:
        with open_store(given.results) as store:
            print(search_figures.text(store, BOARD))


def carry_out(results: Path, seeds: int, trials: int) -> None:
    """Run what is missing of every study, ten trials at a time, so that an early end leaves them equally long."""
    for wanted in (*range(10, trials, 10), trials):
        for seed in range(seeds):
            for sampler in (*SAMPLERS, HAND_SET):
                if not _carry_on(results, f"{sampler}.{seed}", sampler, seed, wanted):
                    return


def _carry_on(results: Path, name: str, sampler: str, seed: int, trials: int) -> bool:
    """Carry one study on to so many trials; return False where it was interrupted."""
    with open_store(results) as store:
        done = len(store.trials(name))
        known = name in {study.name for study in store.studies()}
    if done >= trials:
        return True
    begin = time.monotonic()
    found = harness.run(
        board=BOARD,
        study=name,
        trials=trials,
        seed=seed,
        driver=HAND_SET if sampler == HAND_SET else "optuna",
        sampler="tpe" if sampler == HAND_SET else sampler,
        resume=known,
        halving=False,  # it compares what samplers propose, each of it measured
        final=0,
        results=results,
    )
    print(f"{name}: {found.trials} trials, {time.monotonic() - begin:.0f} s, {found.ended}", flush=True)
    return found.ended != "interrupted"


if __name__ == "__main__":
    main()
