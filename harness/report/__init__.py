# SPDX-License-Identifier: Apache-2.0
"""Reports: one HTML file about a study or a bench run, which opens offline."""

from harness.report.build import run_report, study_report

__all__ = ["run_report", "study_report"]
