# SPDX-License-Identifier: Apache-2.0
"""A process that ends a study and checks its best: ``python -m tests.finals.final_process FOLDER LABEL``.

What it trains it notes in FOLDER/trained. Labelled ``hanging``, its second training never ends.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from harness.api._finals import check_final
from harness.finals import Cost, FinalsEvent, Waiting
from harness.records import Candidate
from harness.search.request import Watch
from harness.store import open_store
from harness.train import Trained
from tests.finals.fakes import HONEST, Maker, Meter, by_width, searched, signs_request

SHIFT = by_width(HONEST)
FINAL, SEEDS = 2, 2


def main(folder: Path, label: str) -> None:
    """Check the study's best, at once with others that do the same."""

    class Noting(Maker):
        def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
            made = super().__call__(candidate, watch=watch)
            with (folder / "trained").open("a") as file:
                file.write(f"{label} {candidate.key}\n")
            while label == "hanging" and len(self.calls) == 2:
                time.sleep(0.1)
            return made

    def listen(event: Waiting | Cost | FinalsEvent) -> None:
        if isinstance(event, Waiting):
            print(event.message, flush=True)
        if isinstance(event, Cost):
            print(event.trainings, flush=True)

    with open_store(folder) as store:
        check_final(
            signs_request(),
            searched(store, SHIFT, resume=True),
            final=FINAL,
            seeds=SEEDS,
            store=store,
            produce=Noting(shift=SHIFT),
            measure=Meter(),
            listen=listen,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
