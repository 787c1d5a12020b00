# SPDX-License-Identifier: Apache-2.0
"""What stands in a report, read without a browser."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UserError
from harness.records import (
    Cycles,
    How,
    LayerProfile,
    Quantity,
    from_plain,
)
from harness.report import run_report, study_report
from harness.report.content import Content, Fault, study_content
from harness.report.markdown import render_markdown
from harness.report.page import render_page
from harness.search import Objective, front_of, load_finished
from harness.store import Store, open_store
from tests.report import synthetic
from tests.report.hostile import hostile_content
from tests.store import examples


class _Tags(HTMLParser):
    """Counts elements, and keeps the text outside of script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data


def parsed(page: str) -> _Tags:
    """Return what a parser finds in a page."""
    tags = _Tags()
    tags.feed(page)
    return tags


def embedded(page: str) -> Any:
    """Return the data that the script of a page draws."""
    found = re.search(r'<script type="application/json" id="data"[^>]*>([^<]*)</script>', page)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def content(store: Store) -> Content:
    return study_content(store, synthetic.STUDY)


def test_the_same_store_gives_the_same_bytes(store: Store, study_page: Path, tmp_path: Path) -> None:
    again = study_report(store, synthetic.STUDY, tmp_path / "again.html")
    assert again.read_bytes() == study_page.read_bytes()


def test_a_report_refers_to_nothing_outside_itself(study_page: Path) -> None:
    page = study_page.read_text()
    assert not re.search(r"https?:|//[a-z]|url\(|@import", page.replace("// ", ""))
    references = [value for name, value in parsed(page).attributes if name in ("href", "src", "xlink:href", "srcset")]
    assert references
    allowed = r"#[a-z0-9-]+|data:application/octet-stream;base64,[A-Za-z0-9+/=]+"
    assert all(re.fullmatch(allowed, reference) for reference in references)


def test_the_policy_allows_one_script_and_one_style_sheet_by_their_hashes(study_page: Path) -> None:
    page = study_page.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    tags = parsed(page)
    assert (tags.tags["script"], tags.tags["style"]) == (2, 1)
    assert ("type", "application/json") in tags.attributes  # the second one is data, which never runs
    assert not [name for name, _ in tags.attributes if name == "style" or name.startswith("on")]


def test_every_failure_stands_with_its_trial_board_stage_kind_and_reason(content: Content) -> None:
    page = parsed(render_page(content))
    assert {fault.kind for fault in content.faults} == {"BadTask", "DoesNotFit", "Unverified"}
    for fault in content.faults:
        assert fault.trials
        assert fault.reason in page.text
    assert {fault.board for fault in content.faults if fault.kind == "DoesNotFit"} == set(synthetic.BOARDS)


def test_a_failure_says_by_how_much_in_the_unit_that_it_has() -> None:
    fault = Fault(trials=(1,), what="", board="", stage="fit", kind="LimitViolated", reason="", violation=1.94)
    assert fault.beyond == "194.0 % beyond"
    assert replace(fault, kind="DoesNotFit", violation=70112.0).beyond == "70,112 bytes missing"
    assert replace(fault, kind="UnsupportedModel", violation=2.0**30).beyond == ""
    assert replace(fault, violation=0.0).beyond == ""


def test_unverified_figures_are_faults_and_never_ranked(content: Content) -> None:
    for part in content.parts:
        wrong = {position for position, entry in enumerate(part.entries) if not entry.verified}
        assert wrong
        assert not wrong & part.front
    (wrong_one,) = {entry.number for part in content.parts for entry in part.entries if not entry.verified}
    rows = {row["n"]: row["status"] for row in embedded(render_page(content))["rows"]}
    assert rows[wrong_one] == "not verified"
    assert list(rows.values()).count("not verified") == 1


def test_figures_that_differ_in_how_share_neither_a_column_nor_an_axis(store: Store, tmp_path: Path) -> None:
    counted = store.measurements(synthetic.STUDY)[0]
    with open_store(tmp_path) as other:
        for number, how in enumerate((How.MEASURED, How.MODELLED)):
            latency = Quantity(value=10.0 + number, unit="us", how=how, source="made up")
            other.put(replace(counted, id=f"id {number}", latency=latency))
        page = run_report(other, ["id 0", "id 1"], tmp_path / "run.html").read_text()
    assert "µs, measured" in page
    assert "µs, modelled" in page
    assert "Latency" in page
    axes = [axis for axis in embedded(render_page(_two_ways(store)))["axes"] if axis["label"] == "Latency"]
    assert [axis["how"] for axis in axes] == ["measured", "modelled"]
    assert len({axis["id"] for axis in axes}) == 2


def _two_ways(store: Store) -> Content:
    """Return the content of a study whose trials' latencies were partly measured, partly modelled."""
    content = study_content(store, synthetic.STUDY)
    part = next(part for part in content.parts if part.board_id == "nucleo_l4r5zi")
    entries = [
        replace(entry, measurement=replace(entry.measurement, latency=replace(entry.measurement.latency, how=how)))
        for entry, how in zip(part.entries, [How.MEASURED, How.MODELLED] * len(part.entries), strict=False)
        if entry.measurement.latency is not None
    ]
    from harness.report.figures import columns_of

    return replace(content, parts=(replace(part, entries=tuple(entries), columns=columns_of(entries)),))


def test_pruning_by_magnitude_is_marked_as_buying_nothing_on_the_device(content: Content) -> None:
    page = render_page(content)
    assert "magnitude pruning: buys nothing on the device" in page


def test_the_front_is_that_of_all_objectives(content: Content) -> None:
    for part in content.parts:
        assert [column.name for column in part.objectives] == ["validation_accuracy", "instructions", "ram"]


def test_the_front_is_the_one_that_the_search_ends_with(store: Store, content: Content) -> None:
    config = store.study(synthetic.STUDY).config
    objectives = [from_plain(Objective, each) for each in config["objectives"]]
    front = set(front_of(load_finished(store, synthetic.STUDY), objectives))
    assert front
    assert content.facts is not None
    assert content.facts.front == front
    for part in content.parts:
        assert {part.entries[position].number for position in part.front} == front
    rows = embedded(render_page(content))["rows"]
    assert {row["n"] for row in rows if row["status"] == "front"} == front


def test_a_run_shows_measurements_of_models_without_candidates_and_its_failures(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(examples.artifact(1), examples.deployment(1), examples.firmware(1), examples.measurement(1))
        store.put(replace(examples.failure(), board="mps2_an386"))
        ids = [examples.measurement(1).id, examples.failure().id]
        page = run_report(store, ids, tmp_path / "run.html").read_text()
    assert "1 measurement, 1 failure." in page
    assert "it did not compile" in page
    assert "BuildError" in page


def test_a_measurement_alone_in_the_store_is_still_shown(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put(examples.measurement(1))
        page = run_report(store, [examples.measurement(1).id], tmp_path / "run.html").read_text()
    assert "unknown board" in page
    assert "a model that is not in the store" in page


def test_the_cycles_of_layers_are_shown_as_modelled(tmp_path: Path) -> None:
    cycles = Cycles(zero_wait=1234, flash_wait=5678)
    layer = LayerProfile(name="add_0", op="ADD", macs=0, instructions=1000, cycles=cycles)
    with open_store(tmp_path) as store:
        store.put(replace(examples.measurement(1), layers=(layer,), cycles=replace(cycles, source="a table of prices")))
        page = run_report(store, [examples.measurement(1).id], tmp_path / "run.html").read_text()
    assert page.count("Cycles, flash that waits<small>modelled</small>") == 1
    assert '<td class="number">1,234</td><td class="number">5,678</td>' in page
    assert "a table of prices" in page


def test_a_study_without_a_measurement_says_so(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.create_study("empty", {"seed": 1})
        page = study_report(store, "empty", tmp_path / "empty.html").read_text()
    assert "No measurement yet" in page
    assert "0 trials" in page


def test_the_trial_under_way_is_counted_apart(content: Content) -> None:
    assert content.counts["running"] == 1
    assert "1 under way" in render_page(content)


def test_what_breaks_a_limit_is_not_said_to_have_failed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=24)
        content = study_content(store, synthetic.STUDY)
    assert content.ended == "14 complete, 6 infeasible, 3 failed"
    assert content.finished == 23
    said = "23 trials</strong>: 14 complete, 6 infeasible, 3 failed; 1 under way"
    assert said in render_page(content)
    assert content.ended in render_markdown(content)


def test_an_unknown_study_or_measurement_is_a_user_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no study 'digits'"):
        study_report(store, "digits", tmp_path / "a.html")
    with pytest.raises(UserError, match="no measurement or failure 'abc'"):
        run_report(store, ["abc"], tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_is_a_user_error(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        study_report(store, synthetic.STUDY, tmp_path / "file" / "study.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        study_report(store, synthetic.STUDY, tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> _Tags:
    return parsed(render_page(hostile_content(tmp_path_factory.mktemp("harmless"), "x")))


@settings(max_examples=15, deadline=None)
@given(
    name=st.text(
        alphabet=st.sampled_from("<>&\"'`/\\*${}()=;-%\n\r\t\x00\x1b\u2028\u202eab1 "), min_size=1, max_size=24
    )
)
def test_whatever_things_are_called_the_elements_of_the_page_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, harmless: _Tags, name: str
) -> None:
    hostile = parsed(render_page(hostile_content(tmp_path_factory.mktemp("hostile"), name)))
    assert hostile.tags == harmless.tags
    assert [key for key, _ in hostile.attributes] == [key for key, _ in harmless.attributes]


def test_control_characters_and_changes_of_direction_are_shown_not_obeyed(tmp_path: Path) -> None:
    page = render_page(hostile_content(tmp_path, "a\x00b\u202ec\x1b[31m"))
    assert "a\\x00b\\u202ec\\x1b[31m" in page
    assert not re.search("[\x00\u202e\x1b]", page)
