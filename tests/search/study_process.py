# SPDX-License-Identifier: Apache-2.0
"""A process that works on a study: ``python -m tests.search.study_process FOLDER LABEL TRIALS``.

Labelled ``hanging``, its third training never ends; labelled ``loop``, none does, in processes like those that train:
FOLDER has a file ``last`` when it begins no further trial. Labelled ``racing ...``, it says that it is ready, and
begins when FOLDER has a file ``go``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from harness.cli import app
from harness.records import Candidate
from harness.search import Event, Moment, run
from harness.search.request import Watch
from harness.store import open_store
from harness.train import Limits, Trained, Trainers
from tests.search.fakes import TASK, FakeBench, FakeProducer, make_request

FOREVER = Candidate(task_key="0" * 64, family="loop", parameters=(), compression=(), seed=1)


class Producer(FakeProducer):
    """Notes what it trains."""

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        trained = super().__call__(candidate, watch=watch)
        while self.label == "hanging" and len(self.calls) == 3:
            time.sleep(0.1)
        return trained


def main(folder: Path, label: str, trials: int) -> None:
    """Begin the study, or join it."""
    with open_store(folder) as store:
        resume = bool(store.studies())
        if label != "loop":
            racing = label.startswith("racing")
            if racing:
                (folder / f"ready {label}").touch()
                while not (folder / "go").exists():
                    time.sleep(0.001)
            produce = Producer(log=folder / "trained", label=label, pause_seconds=0.02 if racing else 0.0)
            run(make_request(trials=trials, resume=resume), store=store, produce=produce, bench=FakeBench())
            return
        limits = Limits(seconds=600, memory_bytes=1 << 30)
        with Trainers(TASK, "key", jobs=2, limits=limits, setup="tests.train.fake_work:open_work") as trainers:

            def produce_forever(candidate: Candidate, *, watch: Watch) -> Trained:
                (folder / f"begun {candidate.key}").touch()
                return trainers.produce(FOREVER, watch=watch)

            def listen(event: Event) -> None:
                if event.moment is Moment.LAST:
                    (folder / "last").touch()

            request = make_request(trials=trials, jobs=2)
            run(request, store=store, produce=produce_forever, bench=FakeBench(), listen=listen)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    except KeyboardInterrupt:
        app._leave(130)
