# SPDX-License-Identifier: Apache-2.0
"""A browser, and stores full of made-up studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import proc
from harness.report import study_report
from harness.store import Store, open_store
from tests.report import synthetic
from tests.report.browser import Browser


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with one made-up study of 26 trials on two boards."""
    with open_store(tmp_path_factory.mktemp("synthetic")) as opened:
        synthetic.fill(opened)
        yield opened


@pytest.fixture(scope="session")
def study_page(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the made-up study."""
    return study_report(store, synthetic.STUDY, tmp_path_factory.mktemp("page") / "study.html")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium; tests that need it skip where it is not installed."""
    program = proc.which("chromium")
    if program is None:
        pytest.skip("the program 'chromium' is not installed (apt install chromium)")
    with Browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened
