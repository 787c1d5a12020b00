# SPDX-License-Identifier: Apache-2.0
"""Reports about a study or a bench run: one HTML file which opens offline, the same as PDF, in short as Markdown."""

from harness.report.build import (
    html_report,
    markdown_report,
    pdf_report,
    report_content,
    report_path,
    run_report,
    study_report,
)
from harness.report.markdown import render_markdown
from harness.report.sources import find_results

__all__ = [
    "find_results",
    "html_report",
    "markdown_report",
    "pdf_report",
    "render_markdown",
    "report_content",
    "report_path",
    "run_report",
    "study_report",
]
