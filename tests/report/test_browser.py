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
from tests.report.hostile import hostile_content

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script></style></title><img src=x onerror='window.hacked = 1'>",
    '"\' onmouseover="window.hacked = 1" x=\'',
    "*/ ${window.hacked = 1} `${window.hacked = 1}` {{ 7 * 7 }} --><svg onload=window.hacked=1>",
    "line\nbreak\u2028and\u2029more &lt;b&gt; &amp;",
)

TABLE = "document.querySelector('#candidates-table')"
COLUMN = f"""(name => {{
  const at = [...{TABLE}.querySelectorAll("thead th")].findIndex(th => th.textContent.startsWith(name));
  const rows = [...{TABLE}.tBodies[0].rows];
  return rows.map(row => [row.cells[at].firstChild.textContent, row.classList.contains("fault")]);
}})"""
TIP = "document.querySelector('#tip').hidden ? '' : document.querySelector('#tip').textContent"
INSIDE = "(b => b.left >= 0 && b.right <= innerWidth)(document.querySelector('#tip').getBoundingClientRect())"
LISTS = "document.querySelectorAll('.counts').length"
PLACES = """list => new Set([...list.querySelectorAll(".bar")].map(bar => bar.getBoundingClientRect())
    .map(box => `${box.left} ${box.right}`)).size"""
PICKED = "document.querySelector('#picked').hidden ? '' : document.querySelector('#picked').textContent"


def head(name: str) -> str:
    """Return a script that marks the head of the table's column ``name``, to be clicked on."""
    return f"""[...document.querySelectorAll("#candidates-table thead th")].forEach(
        th => th.classList.toggle("wanted", th.textContent.startsWith({name!r})))"""


def press(browser: Browser, key: str, times: int = 1) -> None:
    """Press a key of the keyboard."""
    for _ in range(times):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_report_loads_without_complaint_or_request_and_fits_the_window(
    browser: Browser, study_page: Path, width: int, dark: bool
) -> None:
    browser.open(study_page, width=width, dark=dark)
    assert browser.complaints == []
    assert browser.requests == [study_page.as_uri()]
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelectorAll('#front-chart .mark').length") >= 4
    assert browser.run("document.querySelectorAll('#parallel-chart .line').length") == 4
    assert browser.run(f"[...document.querySelectorAll('.counts')].map({PLACES})") == [1] * browser.run(LISTS)
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
    assert browser.run("document.querySelectorAll('details.detail, details.onboard').length") >= 3


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
    for name, better_first in (("Instructions on mps2_an386", "asc"), ("Validation accuracy", "desc")):
        browser.run(head(name))
        for direction in (better_first, "asc" if better_first == "desc" else "desc"):
            browser.move_to("#candidates-table th.wanted button", click=True)
            rows = browser.run(f"{COLUMN}({name!r})")
            ranked = [float(text.replace(",", "")) for text, last in rows if not last]
            assert ranked == sorted(ranked, reverse=direction == "desc")
            assert len(set(ranked)) > 10
            assert [last for _, last in rows] == [False] * len(ranked) + [True]  # the unverified one is not ranked
            spoken = browser.run("document.querySelector('#candidates-table th.wanted').ariaSort")
            assert spoken == ("descending" if direction == "desc" else "ascending")
    browser.run(head("Network"))
    browser.move_to("#candidates-table th.wanted button", click=True)
    names = [text for text, last in browser.run(f"{COLUMN}('Network')") if not last]
    assert names == sorted(names)
    assert len(set(names)) == 3
    assert browser.complaints == []


@pytest.mark.parametrize("width", [1280, 360])
def test_candidates_are_reached_by_the_pointer_and_by_the_keyboard(
    browser: Browser, study_page: Path, width: int
) -> None:
    browser.open(study_page, width=width)
    browser.run("document.querySelector('#front-points').focus()")
    seen = set()
    for _ in range(3):
        press(browser, "ArrowRight")
        tip = browser.run(TIP)
        assert tip.startswith("Trial ")
        assert "On the front" in tip
        assert browser.run(INSIDE)
        seen.add(tip)
    assert len(seen) == 3
    press(browser, "Enter")
    assert browser.run(PICKED).startswith(tip.split("\n")[0])
    assert "All about" in browser.run(PICKED)
    press(browser, "Escape")
    assert browser.run(PICKED) == ""
    browser.move_to("h1")
    browser.run("document.activeElement.blur()")
    assert browser.run(TIP) == ""
    x, y = browser.run("""(p => { p.scrollIntoView({block: "center", behavior: "instant"});
        const [x, y] = p.getAttribute("d").match(/[0-9.]+/g).map(Number);
        const s = document.querySelector("#front-points").getBoundingClientRect();
        return [s.left + x + 5.6, s.top + y]; })(document.querySelector("#front-chart .mark.front.s0"))""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert browser.run(TIP).startswith("Trial ")
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    link = browser.run("document.querySelector('#picked a').hash")
    assert browser.run(f"document.querySelector({link!r}).matches('details.detail')")
    assert browser.complaints == []


def test_the_axes_of_the_chart_are_chosen(browser: Browser, study_page: Path) -> None:
    browser.open(study_page)
    options = browser.run("[...document.querySelectorAll('#axis-x option')].map(each => each.value)")
    assert {"ram-counted@mps2_an386", "latency-modelled@nucleo_l4r5zi"} <= set(options)
    before = browser.run("document.querySelector('#front-points').getAttribute('aria-label')")
    browser.run(
        "(s => { s.value = 'latency-modelled@nucleo_l4r5zi'; s.dispatchEvent(new Event('change')) })"
        "(document.querySelector('#axis-x'))"
    )
    after = browser.run("document.querySelector('#front-points').getAttribute('aria-label')")
    assert before != after
    assert "Latency on nucleo_l4r5zi" in after
    browser.run(
        "(s => { s.value = 'ram-counted@mps2_an386'; s.dispatchEvent(new Event('change')) })"
        "(document.querySelector('#axis-x'))"
    )
    assert browser.run("document.querySelectorAll('#front-chart .limit').length") == 1  # 8,000 bytes of RAM


def test_ranges_are_kept_by_the_pointer_and_by_the_keyboard(browser: Browser, study_page: Path) -> None:
    count = "document.querySelector('#count').textContent"
    browser.open(study_page)
    whole = browser.run(count)
    assert "ranges" not in whole
    browser.run("document.querySelector('[role=slider][aria-label^=\"Instructions on mps2_an386: most\"]').focus()")
    press(browser, "ArrowUp", 4)
    assert "within the ranges" in browser.run(count)
    numbers = browser.run(f"{COLUMN}('Instructions on mps2_an386')")
    most = browser.run("Number(document.activeElement.getAttribute('aria-valuenow'))")
    assert max(float(text.replace(",", "")) for text, _ in numbers) <= most
    assert browser.run("document.querySelectorAll('#front-chart .outside').length") > 0
    press(browser, "Escape")
    assert browser.run(count) == whole
    # The pointer hits what was last drawn: two frames after the scrolling it is where it is said to be.
    x, top, bottom = browser.run("""new Promise(done => {
        const axis = document.querySelector("#parallel-chart .brushable");
        axis.scrollIntoView({block: "center", behavior: "instant"});
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const b = axis.getBoundingClientRect();
            done([b.left + b.width / 2, b.top, b.bottom]);
        }));
    })""")
    browser.call(
        "Input.dispatchMouseEvent", type="mousePressed", x=x, y=top + (bottom - top) / 8, button="left", clickCount=1
    )
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=(top + bottom) / 2, button="left")
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=(top + bottom) / 2, button="left")
    assert "within the ranges" in browser.run(count)
    accuracies = [float(text) for text, _ in browser.run(f"{COLUMN}('Validation accuracy')")]
    assert accuracies
    assert min(accuracies) > 92.5  # the middle is 93, within a pixel or two
    browser.move_to("#unbrush", click=True)
    assert browser.run(count) == whole
    assert browser.complaints == []


def test_parallel_coordinates_without_an_axis_say_so(browser: Browser, study_page: Path) -> None:
    browser.open(study_page)
    browser.run("document.querySelectorAll('#parallel-axes input:checked').forEach((box) => box.click())")
    assert "differ in nothing" in browser.run("document.getElementById('parallel-chart').textContent")


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
    browser.run("document.querySelector('#front-points').focus()")
    press(browser, "ArrowRight")
    assert browser.complaints == []
    assert browser.requests == [page.as_uri()]
    assert browser.run("typeof window.hacked") == "undefined"
    assert browser.run("[document.scripts.length, document.images.length]") == [2, 0]
    assert browser.run("document.querySelector('h1').textContent") == name
    assert name in browser.run("document.querySelector('#tip').textContent")
