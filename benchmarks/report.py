# SPDX-License-Identifier: Apache-2.0
"""How fast the page of a large study opens: a made-up study, its report, and headless Chromium.

    python benchmarks/report.py [--trials 2000] [--boards 1]

A study of 120 trials is put into a store, and its candidates are repeated with figures that are ever a little worse:
2,000 trials stored one by one would take minutes. Prints the seconds of making the page, its bytes, and of five
openings the time to the load event, when all charts and the first rows of the table are drawn, and the CPU time of the
page's thread, which other programs on the machine hardly change. Not a test: times depend on the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the made-up studies are the tests'

from harness import proc
from harness.report.content import Content, study_content
from harness.report.figures import Entry
from harness.report.page import render_page
from harness.store import open_store
from tests.report import synthetic
from tests.report.browser import Browser

_TIMES = "(n => [n.loadEventEnd, n.domInteractive])(performance.getEntriesByType('navigation')[0])"


_STORED = 120


def enlarged(content: Content, trials: int) -> Content:
    """Return a study with as many trials, its candidates repeated with worse figures."""
    facts = content.facts
    assert facts is not None
    copies = range(-(-trials // _STORED))
    finished = [
        replace(trial, number=trial.number + copy * _STORED)
        for copy in copies
        for trial in facts.finished
        if trial.number + copy * _STORED < trials
    ]
    parts = [
        replace(part, entries=tuple(_worse(entry, copy) for copy in copies for entry in part.entries)[:trials])
        for part in content.parts
    ]
    return replace(content, facts=replace(facts, finished=tuple(finished)), parts=tuple(parts))


def _worse(entry: Entry, copy: int) -> Entry:
    found = entry.measurement
    more = 1 + copy / 50
    counted = found.instructions and replace(found.instructions, value=round(found.instructions.value * more))
    ram = replace(found.ram, total_bytes=round(found.ram.total_bytes * more))
    worse = replace(found, instructions=counted, ram=ram)
    return replace(entry, number=entry.number + copy * _STORED, measurement=worse)


def main() -> None:
    """Make the study, write its page and open it five times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--boards", type=int, choices=(1, 2), default=1)
    wanted = parser.parse_args()
    program = proc.which("chromium")
    if program is None:
        sys.exit("the program 'chromium' is not installed (apt install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        with open_store(Path(folder) / "results") as store:
            synthetic.fill(store, trials=_STORED, boards=synthetic.BOARDS[: wanted.boards])
            content = enlarged(study_content(store, synthetic.STUDY), wanted.trials)
            begin = time.perf_counter()
            page.write_text(render_page(content, store), encoding="utf-8")
            print(f"made in {time.perf_counter() - begin:.1f} s: {page.stat().st_size:,} bytes", flush=True)
        with Browser(program, Path(folder) / "profile") as browser:
            browser.call("Performance.enable", timeDomain="threadTicks")
            for _ in range(5):
                browser.open(page)
                whole, parsed = browser.run(_TIMES)
                rows = browser.run("document.querySelectorAll('#candidates-table tbody tr').length")
                metrics = {each["name"]: each["value"] for each in browser.call("Performance.getMetrics")["metrics"]}
                print(
                    f"load event after {whole:.0f} ms (parsed after {parsed:.0f} ms), {rows} rows of the table; "
                    f"{1000 * metrics['TaskDuration']:.0f} ms of CPU"
                )


if __name__ == "__main__":
    main()
