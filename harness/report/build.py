# SPDX-License-Identifier: Apache-2.0
"""Writing reports."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UserError
from harness.report.content import run_content, study_content
from harness.report.page import render_page
from harness.store import Store


def study_report(store: Store, study: str, path: Path) -> Path:
    """Write the report of a study into one self-contained HTML file; the same store gives the same bytes.

    Raises UserError where there is no such study, and where the file cannot be written.
    """
    return _write(path, render_page(study_content(store, study), store))


def run_report(store: Store, measurement_ids: Sequence[str], path: Path) -> Path:
    """Write the report of bench results, measurements and failures by their ids, into one self-contained HTML file.

    Raises UserError for an id that is not in the store, and where the file cannot be written.
    """
    return _write(path, render_page(run_content(store, measurement_ids), store))


def report_path(results: Path, name: str) -> Path:
    """Return where the report of a study or run lies; what a file system or a shell could misread is replaced."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)[:80]
    if plain != name:
        plain += "-" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    return results / "reports" / f"{plain}.html"


def _write(path: Path, page: str) -> Path:
    """Write the whole page or nothing: a browser that is open on the path never sees half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".", suffix=".html", encoding="utf-8", newline="\n", delete=False
        ) as stream:
            temporary = Path(stream.name)
            try:
                stream.write(page)
                stream.flush()
                temporary.chmod(0o644)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UserError(f"the report {path} cannot be written: {error}", hint="Name another file.") from error
    return path
