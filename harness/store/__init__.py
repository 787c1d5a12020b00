# SPDX-License-Identifier: Apache-2.0
"""Where results are kept: records and studies in a database, files by their content beside it."""

from harness.store.claims import Position, Runner
from harness.store.store import Store, open_store
from harness.store.studies import Study, Trial, TrialState
from harness.store.tables import SCHEMA_VERSION, Record

__all__ = [
    "SCHEMA_VERSION",
    "Position",
    "Record",
    "Runner",
    "Store",
    "Study",
    "Trial",
    "TrialState",
    "open_store",
]
