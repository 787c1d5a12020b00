# SPDX-License-Identifier: Apache-2.0
"""What a study's page works out: picks, the price of the next, boards compared, networks, models to save."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from harness.records import LayerProfile
from harness.report.bars import layer_bars
from harness.report.board_table import board_lines
from harness.report.content import Content, study_content
from harness.report.dataset import Axis, Dataset, dataset_of
from harness.report.gains import gains_of
from harness.report.model_file import MOST_BYTES, ModelFiles
from harness.report.network import network_picture
from harness.report.picks import picks_of, price_of
from harness.report.progress import curve_of
from harness.store import Store, open_store
from tests.measure.chain import chain_model
from tests.report import synthetic
from tests.store import examples


@pytest.fixture(scope="module")
def content(store: Store) -> Content:
    return study_content(store, synthetic.STUDY)


@pytest.fixture(scope="module")
def dataset(content: Content) -> Dataset:
    return dataset_of(content)


def axis(dataset: Dataset, name: str, board: str | None = synthetic.BOARDS[0]) -> Axis:
    """Return the axis of a figure that there is."""
    found = dataset.axis(name, board)
    assert found is not None
    return found


def test_the_candidates_to_look_at_are_the_best_of_the_front_each_in_one_sense(
    content: Content, dataset: Dataset
) -> None:
    assert content.facts is not None
    front = [row for row in dataset.rows if row.status == "front"]
    picks = {title: pick.row for pick in picks_of(dataset, content.facts) for title, _ in pick.reasons}
    assert set(picks) == {"Smallest", "Fastest", "Most accurate"}
    for title, name in (("Smallest", "ram"), ("Fastest", "instructions")):
        column = axis(dataset, name)
        assert dataset.value(picks[title], column) == min(dataset.value(row, column) or 0 for row in front)
    accuracy = axis(dataset, "accuracy", None)
    assert accuracy.wanted
    assert dataset.value(picks["Most accurate"], accuracy) == max(dataset.value(row, accuracy) or 0 for row in front)
    assert axis(dataset, "ram").high == 8000.0
    assert all((dataset.value(row, axis(dataset, "ram")) or 0) <= 8000 for row in front)
    assert {row.status for row in dataset.rows} == {"front", "beaten", "breaks a limit", "not verified"}


def test_every_step_to_the_next_one_gains_and_costs(content: Content, dataset: Dataset) -> None:
    assert content.facts is not None
    price = price_of(dataset, content.facts)
    assert price is not None
    assert price.cost.id == "instructions-counted@mps2_an386"
    assert len(price.steps) > 2
    assert all(step.gain > 0 and step.more > 0 for step in price.steps[1:])
    merits = [dataset.value(step.row, price.metric) or 0 for step in price.steps]
    assert sum(step.gain for step in price.steps) == pytest.approx(merits[-1] - merits[0])


def test_boards_are_compared_over_the_same_candidates(dataset: Dataset) -> None:
    boards, lines = board_lines(dataset)
    assert boards == synthetic.BOARDS
    by_name = {line.column.name: line.figures for line in lines}
    assert "latency" not in by_name  # one of them has it alone
    for figure in by_name["instructions"]:
        assert figure is not None
        assert figure.ratio == 1.0  # the made-up boards count the same
        assert figure.candidates > 10


def test_pairs_that_differ_in_one_step_tell_what_it_bought(content: Content) -> None:
    part = content.parts[0]
    pruned = next(e for e in part.entries if e.candidate and len(e.candidate.compression) == 2 and e.verified)
    assert pruned.candidate is not None
    step = pruned.candidate.compression[0]
    plain = replace(pruned.candidate, compression=pruned.candidate.compression[1:], seed=99)
    instructions = pruned.measurement.instructions
    assert instructions is not None
    twice = replace(pruned.measurement, instructions=replace(instructions, value=instructions.value * 2))
    other = replace(pruned, number=pruned.number + 1, candidate=plain, measurement=twice)
    facts = content.facts
    assert facts is not None
    ends = {trial.number: trial for trial in facts.finished}
    finished = (ends[pruned.number], replace(ends[pruned.number], number=other.number))
    two = replace(content, parts=(replace(part, entries=(pruned, other)),), facts=replace(facts, finished=finished))
    (gain,) = [each for each in gains_of(dataset_of(two)) if each.step == step.name]
    change = next(each for each in gain.changes if each.axis.column.name == "instructions")
    assert (gain.candidates, change.pairs) == (1, 1)
    assert change.change == pytest.approx(-0.5)


def test_the_curve_of_the_search_never_falls(content: Content) -> None:
    assert content.facts is not None
    curve = curve_of(content.facts)
    assert curve is not None
    shares = [share for _, share in curve.grew]
    assert shares == sorted(shares)
    assert curve.last == shares[-1] > 0.1


def test_a_network_is_drawn_with_the_layers_that_were_measured() -> None:
    model = chain_model()
    picture = network_picture(model, "chain.tflite", ())
    assert picture is not None
    layers = [box for box in picture.boxes if box.op]
    assert layers
    assert len(picture.lines) >= len(layers)
    profiles = [LayerProfile(name=box.name, op=box.op, macs=5, instructions=10) for box in layers]
    counted = network_picture(model, "chain.tflite", layer_bars(profiles))
    assert counted is not None
    assert [box.instructions for box in counted.boxes if box.op] == [10] * len(layers)
    assert sum(box.share or 0 for box in counted.boxes) == pytest.approx(1)
    assert network_picture(b"no model", "x.tflite", ()) is None


def test_a_page_carries_models_up_to_a_limit(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        small, large = b"a model", bytes(MOST_BYTES + 1)
        files = ModelFiles(store)
        kept = [files.read(replace(examples.artifact(1), sha256=store.put_blob(each))) for each in (small, large)]
        lost = files.read(replace(examples.artifact(1), sha256="0" * 64, name="../../e<v>il"))
    assert base64.b64decode(kept[0].link.partition(",")[2]) == small
    assert (kept[1].link, kept[1].model) == ("", large)
    assert "up to 256 KiB" in kept[1].note
    assert (lost.model, lost.link, lost.name) == (None, "", "e_v_il.tflite")
    assert str(tmp_path) not in lost.note
