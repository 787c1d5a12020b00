# SPDX-License-Identifier: Apache-2.0
"""Writing reports."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UserError
from harness.report.content import Content, run_content, study_content
from harness.report.markdown import render_markdown
from harness.report.page import render_page
from harness.report.sources import find_results
from harness.store import Store


def study_report(store: Store, study: str, path: Path) -> Path:
    """Write the report of a study into one self-contained HTML file; the same store gives the same bytes.

    Raises UserError where there is no such study, and where the file cannot be written.
    """
    return html_report(study_content(store, study), store, path)


def run_report(store: Store, measurement_ids: Sequence[str], path: Path) -> Path:
    """Write the report of bench results, measurements and failures by their ids, into one self-contained HTML file.

    Raises UserError for an id that is not in the store, and where the file cannot be written.
    """
    return html_report(run_content(store, measurement_ids), store, path)


def html_report(content: Content, store: Store, path: Path) -> Path:
    """Write a report into one self-contained HTML file. Raises UserError where it cannot be written."""
    return write_whole(path, render_page(content, store).encode())


def markdown_report(content: Content, path: Path) -> Path:
    """Write a report in short as Markdown. Raises UserError where the file cannot be written."""
    return write_whole(path, render_markdown(content).encode())


def pdf_report(content: Content, store: Store, path: Path) -> Path:
    """Write a report as PDF, printed by Chromium. Raises ToolError where that is not there, UserError as the others."""
    from harness.report.pdf import print_page

    return write_whole(path, print_page(render_page(content, store)))


def report_content(store: Store, what: Sequence[str]) -> Content:
    """Gather a study by its name, or what ``find_results`` finds of other names. Raises UserError for neither."""
    if len(what) == 1 and what[0] in {study.name for study in store.studies()}:
        return study_content(store, what[0])
    return run_content(store, find_results(what, store))


def report_path(results: Path, name: str, suffix: str = ".html") -> Path:
    """Return where the report of a study or run lies; what a file system or a shell could misread is replaced."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)[:80]
    if plain != name:
        plain += "-" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    return results / "reports" / f"{plain}{suffix}"


def write_whole(path: Path, content: bytes) -> Path:
    """Write the whole file or nothing: a browser that is open on the path never sees half of it. Raises UserError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False) as stream:
            temporary = Path(stream.name)
            try:
                stream.write(content)
                stream.flush()
                temporary.chmod(0o644)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UserError(f"the report {path} cannot be written: {error}", hint="Name another file.") from error
    return path
