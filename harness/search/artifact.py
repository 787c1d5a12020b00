# SPDX-License-Identifier: Apache-2.0
"""A candidate's artifact: nothing is trained twice."""

from __future__ import annotations

from harness.records import Candidate
from harness.search.request import Producer, Watch
from harness.store import Store
from harness.train import Trained


def find_or_produce(candidate: Candidate, store: Store, produce: Producer, watch: Watch) -> Trained:
    """Return what a candidate was trained into: as the store has it, in no time, else produced and stored.

    Raises what ``produce`` does.
    """
    known = store.artifact_of(candidate.key)
    if known is not None:
        model = store.get_blob(known.sha256, verify=True).read_bytes()
        return Trained(model=model, artifact=known, seconds=())
    trained = produce(candidate, watch=watch)
    store.put_blob(trained.model)
    store.put(candidate, trained.artifact)
    return trained
