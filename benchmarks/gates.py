# SPDX-License-Identifier: Apache-2.0
"""What the gate ``fit`` takes: ``python benchmarks/gates.py [--candidates N] [--board B] [--limit L ...] [--task T]``.

Random candidates of a task go through the gate twice: with their conversion alone, and with what is told of them before
it. Printed are CPU seconds of this process, which is warm by then, and whether both say the same, as Markdown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

from harness.boards import load_board
from harness.compress import technique_names
from harness.records import Candidate
from harness.search import parse_limits
from harness.search.drivers.optuna import create
from harness.search.gates import Subject, fit
from harness.search.proposal import make_candidate, propose
from harness.tasks import FixedSpace, LoadedTask, load_task
from harness.train import Bound, bound, untrained

WARMING = 3  # candidates that are not counted: what Keras and TensorFlow load when first used


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Whether a candidate was stopped, with or without a conversion; seconds that it took before and takes now."""

    stopped: bool
    stopped_early: bool
    before_seconds: float
    now_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="digits")
    parser.add_argument("--candidates", type=int, default=40)
    parser.add_argument("--board", default="mps2_an386")
    parser.add_argument("--limit", action="append", help="default: ram<=5KiB and flash.weights_bytes<=4KiB")
    given = parser.parse_args()
    loaded, board = load_task(given.task), load_board(given.board)
    limits = parse_limits(
        given.limit or ("ram<=5KiB", "flash.weights_bytes<=4KiB"), tuple(loaded.task.scores), (board,)
    )
    judged = []
    for candidate in candidates(loaded, WARMING + given.candidates):
        convert = partial(untrained, candidate, loaded)
        subject = partial(Subject, candidate=candidate, boards=(board,), limits=limits, measure=lambda _board: None)
        judged.append(judge(partial(bound, candidate, loaded), convert, subject))
    print(text(judged[WARMING:]))


def candidates(loaded: LoadedTask, count: int) -> list[Candidate]:
    """Return random candidates of a task, always the same."""
    driver = create(lambda space: propose(space, loaded.task, technique_names()), ["maximize"], 0, "random")
    proposals = [
        propose(FixedSpace(dict(driver.ask(number))), loaded.task, technique_names()) for number in range(count)
    ]
    return [make_candidate(proposal, "0" * 64, number) for number, proposal in enumerate(proposals)]


def judge(tell: Callable[[], Bound | None], convert: Callable[[], bytes], subject: Callable[..., Subject]) -> Judged:
    """Send a candidate through the gate both ways."""
    conversions = []

    def counted() -> bytes:
        conversions.append(convert())
        return conversions[-1]

    begin = time.process_time()
    before = fit.reasons(subject(bound=None, convert=convert))
    middle = time.process_time()
    now = fit.reasons(subject(bound=tell(), convert=counted))
    end = time.process_time()
    assert bool(before) == bool(now), "the bound has stopped what the conversion lets through"
    return Judged(
        stopped=bool(now),
        stopped_early=bool(now) and not conversions,
        before_seconds=middle - begin,
        now_seconds=end - middle,
    )


def text(judged: list[Judged]) -> str:
    """Return the table."""
    kinds = {
        "stopped without a conversion": [each for each in judged if each.stopped_early],
        "stopped by its conversion": [each for each in judged if each.stopped and not each.stopped_early],
        "let through": [each for each in judged if not each.stopped],
    }
    lines = ["| candidates | | before, median | most | now, median | most |", "|---|---|---|---|---|---|"]
    for name, some in kinds.items():
        if some:
            was, now = [each.before_seconds for each in some], [each.now_seconds for each in some]
            cells = (f"{median(was):.2f}", f"{max(was):.2f}", f"{median(now):.2f}", f"{max(now):.2f}")
            lines.append(f"| {name} | {len(some)} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
