# SPDX-License-Identifier: Apache-2.0
"""The pages against the rules of axe-core, where that is installed."""

from __future__ import annotations

import importlib.resources
import importlib.util
import json
import os
from pathlib import Path

import pytest

from harness.report import run_report, study_report
from harness.store import open_store
from tests.report import synthetic
from tests.report.browser import Browser

_FOUND = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations.map("
    "each => [each.impact, each.id, each.nodes.map(node => node.target.join(' '))])))"
)


def axe_script() -> str:
    """Return axe-core: the file that HARNESS_AXE names, such as a newer one of npm, or that of axe-core-python."""
    named = os.environ.get("HARNESS_AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    if importlib.util.find_spec("axe_core_python") is None:
        pytest.skip("axe-core-python is not installed")
    return (importlib.resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_no_page_breaks_a_rule_seriously(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    script = axe_script()
    with open_store(tmp_path / "results") as store:
        synthetic.fill(store, trials=12, boards=("mps2_an386",))
        ids = [found.id for found in store.measurements(synthetic.STUDY)[:1]]
        pages = [
            study_report(store, synthetic.STUDY, tmp_path / "study.html"),
            run_report(store, ids, tmp_path / "run.html"),
        ]
    for page in pages:
        browser.open(page, width=width, dark=dark)
        browser.run(f"{script}; 0")
        found = json.loads(browser.run(_FOUND))
        assert [each for each in found if each[0] in ("serious", "critical")] == []
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
