# SPDX-License-Identifier: Apache-2.0
"""Reports: one HTML file about a study or a bench run, which opens offline."""

from harness.report.build import report_path, run_report, study_report

__all__ = ["report_path", "run_report", "study_report"]
