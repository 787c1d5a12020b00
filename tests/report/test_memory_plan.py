# SPDX-License-Identifier: Apache-2.0
"""The memory plan as a picture: where its rectangles lie, and what a reader without the picture gets."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from harness.boards import load_board
from harness.pipeline.findings import buffer_places
from harness.records import BufferPlace, LayerProfile
from harness.report import run_report
from harness.report.memory_plan import LEFT, plan_pictures
from harness.runtimes.codegen import RUNTIME
from harness.store import Store, open_store
from tests.report import synthetic
from tests.report.browser import Browser
from tests.runtimes.models import small_network

LAYERS = tuple(LayerProfile(name=name, op="OP", macs=0, instructions=1) for name in ("a", "b", "c"))


def buffer(name: str, offset: int, size: int, first: int, last: int, region: str = "ram") -> BufferPlace:
    return BufferPlace(
        name=name, kind="layer", region=region, offset=offset, size_bytes=size, first_layer=first, last_layer=last
    )


BUFFERS = (buffer("input 0", 100, 100, 0, 0), buffer("a", 0, 100, 0, 1), buffer("b", 50, 100, 1, 2))


def test_time_goes_to_the_right_and_addresses_go_up() -> None:
    (picture,) = plan_pictures(BUFFERS, LAYERS)
    by_name = {box.buffer.name: box for box in picture.rectangles}
    assert by_name["a"].x == by_name["input 0"].x == LEFT < by_name["b"].x
    assert by_name["a"].width == by_name["b"].width > by_name["input 0"].width
    assert by_name["a"].y == by_name["input 0"].y + by_name["input 0"].height
    assert by_name["a"].y > by_name["b"].y
    assert (by_name["b"].first, by_name["b"].last) == ("b", "c")
    assert [address for _, address in picture.ticks] == [0, 100, 200]
    assert [number for _, number in picture.columns] == [0, 1, 2]


def test_bytes_that_two_buffers_share_count_once() -> None:
    (picture,) = plan_pictures(BUFFERS, LAYERS)
    assert (picture.total_bytes, picture.busiest, picture.busiest_bytes) == (200, "a", 200)
    (shared,) = plan_pictures(BUFFERS[1:], LAYERS)
    assert (shared.busiest, shared.busiest_bytes) == ("b", 150)


def test_each_memory_has_a_picture_of_its_own_and_no_buffers_have_none() -> None:
    pictures = plan_pictures((*BUFFERS, buffer("c", 0, 10, 2, 2, region="fast")), LAYERS)
    assert [(picture.region, picture.total_bytes) for picture in pictures] == [("ram", 200), ("fast", 10)]
    assert plan_pictures((), LAYERS) == ()


def test_labels_stand_only_where_there_is_room() -> None:
    (picture,) = plan_pictures((buffer("a", 0, 1000, 0, 2), buffer("b", 1000, 1, 0, 2)), LAYERS)
    assert [box.label for box in picture.rectangles] == ["a", ""]


def test_many_layers_are_not_all_numbered() -> None:
    layers = tuple(replace(LAYERS[0], name=f"layer_{number}") for number in range(120))
    (picture,) = plan_pictures([buffer("x", 0, 8, number, number) for number in range(120)], layers)
    places = [at for at, _ in picture.columns]
    assert all(right - left >= 20 for left, right in pairwise(places))


def test_buffers_are_called_after_inputs_and_layers() -> None:
    rendered = RUNTIME.render(small_network(), load_board("mps2_an386"), name="net")
    found = {place.name: place for place in buffer_places(rendered)}
    assert {"input 0", "conv_2d_0", "add_1", "fully_connected_4"} <= set(found)
    assert found["input 0"].kind == "input"
    assert {place.kind for name, place in found.items() if name.startswith("scratch of ")} == {"scratch"}
    assert max(place.offset + place.size_bytes for place in found.values()) <= sum(rendered.activations_bytes.values())


def test_the_picture_is_told_in_words_and_as_a_table(store: Store, tmp_path: Path) -> None:
    page = _page(store, tmp_path)
    assert 'role="img" aria-labelledby="plan-' in page
    assert "<title>input 0: " in page
    assert "All buffers as a table" in page
    assert page.count('class="places"') == 1


def test_a_measurement_without_a_plan_has_no_picture(store: Store, tmp_path: Path) -> None:
    first = store.measurements(synthetic.STUDY)[0]
    with open_store(tmp_path / "other") as other:
        other.put(replace(first, buffers=()))
        text = run_report(other, [first.id], tmp_path / "none.html").read_text(encoding="utf-8")
    assert 'class="places"' not in text


def test_the_picture_scrolls_on_a_phone_and_the_page_does_not(browser: Browser, store: Store, tmp_path: Path) -> None:
    _page(store, tmp_path)
    browser.open(tmp_path / "run.html", width=360)
    assert browser.complaints == []
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelector('.places').parentElement.scrollWidth > innerWidth")
    texts = "[...document.querySelectorAll('.places text')]"
    assert browser.run(f"{texts}.length > 4 && {texts}.every(t => t.getBoundingClientRect().height >= 8)")


def _page(store: Store, tmp_path: Path) -> str:
    first = store.measurements(synthetic.STUDY)[0]
    return run_report(store, [first.id], tmp_path / "run.html").read_text(encoding="utf-8")
