# SPDX-License-Identifier: Apache-2.0
"""Reports in headless Chromium: clean, self-contained, usable, in both themes and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report import run_report
from harness.report.page import render_page
from harness.store import Store
from tests.report import synthetic
from tests.report.browser import Browser
from tests.report.test_report import hostile_content

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script></style></title><img src=x onerror='window.hacked = 1'>",
    '"\' onmouseover="window.hacked = 1" x=\'',
    "*/ ${window.hacked = 1} `${window.hacked = 1}` {{ 7 * 7 }} --><svg onload=window.hacked=1>",
    "line\nbreak\u2028and\u2029more &lt;b&gt; &amp;",
)

COLUMN = """(name => {
  const table = document.querySelector("#table-1");
  const at = [...table.querySelectorAll("thead th")].findIndex(th => th.textContent.includes(name));
  return [...table.tBodies[0].rows].map(row => [row.cells[at].dataset.key, "last" in row.dataset]);
})"""


def head(name: str) -> str:
    """Return a script that marks the head of the first table's column ``name``, to be clicked on."""
    return f"""[...document.querySelectorAll("#table-1 thead th")].forEach(
        th => th.classList.toggle("wanted", th.textContent.includes({name!r})))"""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_report_loads_without_complaint_or_request_and_fits_the_window(
    browser: Browser, study_page: Path, width: int, dark: bool
) -> None:
    browser.open(study_page, width=width, dark=dark)
    assert browser.complaints == []
    assert browser.requests == [study_page.as_uri()]
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelectorAll('.point').length") > 100
    shown = "[...document.querySelectorAll('svg text')].filter(t => t.checkVisibility())"
    assert browser.run(f"{shown}.every(t => t.getBoundingClientRect().height >= 8)")


def test_what_breaks_the_policy_would_be_noticed(browser: Browser, study_page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(study_page.read_text().replace("</body>", "<script>1</script><img src='x.png'></body>"))
    browser.open(broken)
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_a_bench_report_loads_without_complaint(browser: Browser, store: Store, tmp_path: Path) -> None:
    ids = [measurement.id for measurement in store.measurements(synthetic.STUDY)[:3]]
    page = run_report(store, [*ids, store.failures(synthetic.STUDY)[0].id], tmp_path / "run.html")
    browser.open(page)
    assert browser.complaints == []
    assert browser.run("document.querySelectorAll('details.detail').length") == 3


def test_light_and_dark_follow_the_system_and_the_button(browser: Browser, study_page: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    pictures, grounds = [], []
    for dark in (False, True):
        browser.open(study_page, dark=dark)
        grounds.append(browser.run(ground))
        pictures.append(browser.screenshot())
    assert grounds[0] != grounds[1]
    assert pictures[0] != pictures[1]
    browser.open(study_page, dark=False)
    browser.move_to("#theme", click=True)
    assert browser.run("document.querySelector('#theme').textContent") == "Theme: light"
    browser.move_to("#theme", click=True)
    assert browser.run(ground) == grounds[1]
    browser.move_to("#theme", click=True)
    assert browser.run(ground) == grounds[0]


def test_a_click_on_a_column_sorts_by_its_numbers_the_better_first(browser: Browser, study_page: Path) -> None:
    browser.open(study_page)
    for name, better_first in (("Validation accuracy", "desc"), ("Instructions", "asc")):
        browser.run(head(name))
        for direction in (better_first, "asc" if better_first == "desc" else "desc"):
            browser.move_to("#table-1 th.wanted button", click=True)
            rows = browser.run(f"{COLUMN}({name!r})")
            ranked = [float(key) for key, last in rows if not last]
            assert ranked == sorted(ranked, reverse=direction == "desc")
            assert len(set(ranked)) > 10
            assert [last for _, last in rows] == [False] * len(ranked) + [True]  # the unverified one is not ranked
            spoken = browser.run("document.querySelector('#table-1 th.wanted').ariaSort")
            assert spoken == ("descending" if direction == "desc" else "ascending")
    assert browser.complaints == []


def test_a_column_of_names_sorts_by_letters(browser: Browser, study_page: Path) -> None:
    browser.open(study_page)
    browser.run(head("Network"))
    browser.move_to("#table-1 th.wanted button", click=True)
    names = [key for key, last in browser.run(f"{COLUMN}('Network')") if not last]
    assert names == sorted(names)
    assert len(set(names)) == 3


@pytest.mark.parametrize("width", [1280, 360])
def test_a_point_tells_what_it_is_and_lights_up_everywhere(browser: Browser, study_page: Path, width: int) -> None:
    browser.open(study_page, width=width)
    browser.run("document.querySelectorAll('.point.onfront')[2].id = 'wanted'")
    browser.move_to("#wanted .mark")
    tip = browser.run("document.querySelector('#tip').hidden ? '' : document.querySelector('#tip').innerText")
    assert tip.startswith("Trial ")
    assert "Validation accuracy: " in tip
    assert "On the front" in tip
    assert browser.run(
        "(b => b.left >= 0 && b.right <= innerWidth)(document.querySelector('#tip').getBoundingClientRect())"
    )
    entry = browser.run("document.querySelector('#wanted').dataset.entry")
    near = browser.run(
        f"[...document.querySelectorAll('[data-entry=\"{entry}\"]')].map(e => e.classList.contains('near'))"
    )
    assert len(near) == 3  # two plots and the table
    assert all(near)
    browser.move_to("h1")
    assert browser.run("document.querySelector('#tip').hidden")


def test_a_link_to_a_detail_opens_it(browser: Browser, study_page: Path) -> None:
    browser.open(study_page)
    browser.run("document.querySelector('details.detail:not([open])').dataset.wanted = 1")
    browser.run("(d => { location.hash = d.id })(document.querySelector('[data-wanted]'))")
    browser.run("new Promise(done => setTimeout(done, 50))")
    assert browser.run("document.querySelector('[data-wanted]').open")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(browser: Browser, tmp_path: Path, name: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(render_page(hostile_content(tmp_path, name)), encoding="utf-8")
    browser.open(page)
    browser.run("document.querySelectorAll('button, summary').forEach(each => each.click())")
    browser.move_to(".point .mark")
    assert browser.complaints == []
    assert browser.requests == [page.as_uri()]
    assert browser.run("typeof window.hacked") == "undefined"
    assert browser.run("[document.scripts.length, document.images.length]") == [1, 0]
    assert browser.run("document.querySelector('h1').textContent") == name
    assert name in browser.run("document.querySelector('#tip').textContent")
