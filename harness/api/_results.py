# SPDX-License-Identifier: Apache-2.0
"""``harness.results``: a study as a table of pandas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.table import study_table
from harness.settings import results_dir
from harness.store import open_store

if TYPE_CHECKING:
    import pandas as pd


def results(study: str, *, results: str | Path | None = None) -> pd.DataFrame:
    """Return the finished trials of a study, a row for each board, with units in the names of the columns.

    ``results`` is the folder of results (default: HARNESS_RESULTS, else ./results). docs/api.md lists the columns.
    Raises UserError for an unknown study and where pandas is not installed, StoreError where the store cannot be read.
    """
    with open_store(results_dir(None if results is None else Path(results))) as store:
        return study_table(store, study)
