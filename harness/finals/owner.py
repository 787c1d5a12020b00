# SPDX-License-Identifier: Apache-2.0
"""One process at a study's final check: another that comes to its end waits, and takes up what a dead one left."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.search.lease import Lease
from harness.store import Store

_POLL_SECONDS = 1.0


def claim_final_check(
    store: Store, study: str, lease: Lease, *, waiting: Callable[[str], None] = lambda _words: None
) -> None:
    """Make a study's final check this process's for as long as its lease lasts.

    Waits for one that lives and has it, and tells ``waiting`` once who that is.
    """
    told: str | None = None
    while True:
        owner = store.claims.final_owner(study)
        if owner is None or owner not in lease.living():
            if store.claims.claim_final(study, lease.key, instead_of=owner):
                return
        elif owner == told:
            time.sleep(_POLL_SECONDS)
        else:
            told = owner
            host = next((runner.host for runner in store.claims.runners() if runner.key == owner), "another computer")
            waiting(f"another process, on {host}, is at it: waiting for its end")
