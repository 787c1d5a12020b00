# SPDX-License-Identifier: Apache-2.0
"""The final check as a report shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.report import study_report
from harness.report.content import study_content
from harness.report.finals import WIDTH, finals_view
from harness.store import Store, open_store
from tests.finals.fakes import HONEST, by_width, checked, searched


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def test_a_front_that_does_not_survive_is_flagged_with_the_reasons(store: Store, tmp_path: Path) -> None:
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    found = searched(store, shift)
    checked(store, found, shift)
    view = finals_view(study_content(store, "s"))
    assert view is not None
    assert (view.survives, view.verdict) == (False, "3 candidates of the front checked: 1 does not survive.")
    assert [line.survives for line in view.lines] == [True, False, True]  # the best on test data first
    assert any("lucky draw" in flag for flag in view.lines[1].flags)
    page = study_report(store, "s", tmp_path / "s.html").read_text()
    section = page[page.index('id="final-check"') : page.index("</section>", page.index('id="final-check"'))]
    assert "lucky draw" in section
    assert section.count("100 of 100 equal on one") == 3
    assert section.count(">does not<") == 1


def test_pictures_lie_within_their_frame_and_share_a_scale(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    checked(store, found, by_width(HONEST), noise=0.2)
    view = finals_view(study_content(store, "s"))
    assert view is not None
    places = [
        place
        for line in view.lines
        for place in (line.picture.low, line.picture.high, line.picture.test, line.picture.validation)
        if place is not None
    ]
    assert len(places) == 12
    assert all(0 <= place <= WIDTH for place in places)
    by_score = sorted(view.lines, key=lambda line: float(re.sub("[^0-9.]", "", line.test)))
    assert [line.picture.test for line in by_score] == sorted(line.picture.test or 0.0 for line in by_score)


def test_a_study_without_a_check_has_no_section(store: Store, tmp_path: Path) -> None:
    searched(store, by_width(HONEST), trials=2)
    assert finals_view(study_content(store, "s")) is None
    assert "final-check" not in study_report(store, "s", tmp_path / "s.html").read_text().partition("</style>")[2]


def test_few_seeds_and_a_check_of_an_earlier_front_are_said(store: Store) -> None:
    found = searched(store, by_width(HONEST), trials=4)
    checked(store, found, by_width(HONEST), seeds=1)
    searched(store, by_width(HONEST), trials=9, resume=True)
    view = finals_view(study_content(store, "s"))
    assert view is not None
    assert "from 1 seed only" in " ".join(view.notes)
    assert "when the study had 4 trials; now it has 9" in " ".join(view.notes)
