# SPDX-License-Identifier: Apache-2.0
"""A disk that is full is no fault of the candidate that was on the bench: it ends the search, to be resumed."""

from __future__ import annotations

import errno
import os

from harness.errors import StoreError
from harness.records import BenchOutcome, Candidate
from harness.search.request import Bench, Watch
from harness.store import Store

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SIGNS = tuple(os.strerror(number).lower() for number in _FULL)


def minding_the_disk(bench: Bench, store: Store) -> Bench:
    """Return a bench that raises StoreError where a disk is full, whichever program came upon it."""

    def minding(model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        try:
            outcome = bench(model, candidate, board, watch=watch)
        except OSError as error:
            if error.errno in _FULL:
                raise _full(board, str(error)) from error
            raise
        if outcome.failure is not None:
            log = outcome.failure.log_sha256
            said = outcome.failure.message + (store.get_blob(log).read_text(errors="replace") if log else "")
            if any(sign in said.lower() for sign in _SIGNS):
                raise _full(board, outcome.failure.message)
        return outcome

    return minding


def _full(board: str, message: str) -> StoreError:
    return StoreError(
        f"a disk is full, on the bench of {board}: {message}", hint="Free some space, then go on with --resume."
    )
