# SPDX-License-Identifier: Apache-2.0
"""Columns, objectives, axes, bars and words of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records import Cycles, How, LayerProfile, Quantity
from harness.report.bars import layer_bars, memory_bars
from harness.report.content import study_content
from harness.report.figures import (
    Column,
    Entry,
    Wanted,
    columns_of,
    cost_columns,
    front_of,
    objective_columns,
    quantity,
)
from harness.report.scatter import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, scatter
from harness.report.views import config_rows
from harness.report.words import compact, digits_of, figure, grouped, moment, percent, plural, visible, with_unit
from harness.store import TrialState, open_store
from tests.report import synthetic
from tests.store import examples

RAM = Column(name="ram", how=How.COUNTED, label="RAM", kind="bytes")
LATENCY = Column(name="latency", how=How.MODELLED, label="Latency", kind="time")
ACCURACY = Column(name="validation_accuracy", how=How.HOST, label="Accuracy", kind="percent", minimised=False)
INSTRUCTIONS = Column(name="instructions", how=How.COUNTED, label="Instructions", kind="instructions")


def entry(
    number: int, *, accuracy: float = 0.5, instructions: int = 100, ram: int = 1000, verified: bool = True
) -> Entry:
    """Return an entry with these figures."""
    base = examples.measurement(number)
    measurement = replace(
        base,
        instructions=Quantity(value=instructions, unit="instructions", how=How.COUNTED, source="made up"),
        ram=replace(base.ram, total_bytes=ram),
        verification=replace(base.verification, verified=verified),
    )
    metrics = (("validation_accuracy", accuracy), ("test_accuracy", 0.1), ("parameters", 9.0))
    artifact = replace(examples.artifact(number), metrics=metrics)
    return Entry(
        number=number, measurement=measurement, candidate=None, artifact=artifact, deployment=None, firmware=None
    )


def test_columns_stand_in_order_and_without_scores_on_test_data() -> None:
    names = [column.id for column in columns_of([entry(1)])]
    assert names == [
        "validation_accuracy-host",
        "instructions-counted",
        "ram-counted",
        "flash-counted",
        "parameters-host",
    ]


def test_the_same_figure_obtained_in_two_ways_takes_two_columns() -> None:
    measured = Quantity(value=5.0, unit="us", how=How.MEASURED, source="timer")
    first, second = entry(1), entry(2)
    first = replace(first, measurement=replace(first.measurement, latency=measured))
    second = replace(second, measurement=replace(second.measurement, latency=replace(measured, how=How.MODELLED)))
    columns = [column for column in columns_of([first, second]) if column.name == "latency"]
    assert [column.how for column in columns] == [How.MEASURED, How.MODELLED]
    assert [quantity(first, column) is not None for column in columns] == [True, False]
    wanted = objective_columns(columns_of([first, second]), [Wanted(name="latency", minimised=True)])
    assert [column.how for column in wanted] == [How.MEASURED]


def test_modelled_cycles_stand_in_columns_of_their_own_and_in_no_plot() -> None:
    cycles = Cycles(zero_wait=150, flash_wait=190, source="a table")
    only = replace(entry(1), measurement=replace(entry(1).measurement, cycles=cycles))
    columns = [column for column in columns_of([only]) if column.kind == "cycles"]
    assert [(column.name, column.how) for column in columns] == [
        ("cycles", How.MODELLED),
        ("cycles_flash", How.MODELLED),
    ]
    assert [found.value for column in columns if (found := quantity(only, column))] == [150, 190]
    assert cost_columns(columns, How.MODELLED, []) == ()
    assert with_unit(columns[0], 1500) == "1,500 cycles"


def test_time_on_the_host_is_no_objective() -> None:
    time = Quantity(value=5.0, unit="us", how=How.HOST, source="clock")
    only = replace(entry(1), measurement=replace(entry(1).measurement, instructions=None, latency=time))
    assert [column.name for column in objective_columns(columns_of([only]), [])] == ["validation_accuracy", "ram"]


def test_objectives_are_those_of_the_study_with_their_directions() -> None:
    columns = columns_of([entry(1)])
    wanted = [Wanted(name="flash", minimised=True), Wanted(name="accuracy", minimised=False)]
    assert [(c.name, c.minimised) for c in objective_columns(columns, wanted)] == [
        ("flash", True),
        ("validation_accuracy", False),
    ]
    (reverse,) = objective_columns(columns, [Wanted(name="ram", minimised=False)])
    assert front_of([entry(1, ram=5), entry(2, ram=6)], [reverse]) == {1}


def test_the_front_leaves_out_what_is_beaten_and_what_is_not_verified() -> None:
    entries = [
        entry(0, accuracy=0.9, instructions=100),
        entry(1, accuracy=0.8, instructions=200),
        entry(2, accuracy=0.99, instructions=1, verified=False),
        entry(3, accuracy=0.7, instructions=50),
    ]
    assert front_of(entries, [ACCURACY, INSTRUCTIONS]) == {0, 3}
    assert front_of(entries, []) == frozenset()


def test_trials_that_repeat_an_earlier_one_are_counted_not_listed_twice(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.create_study("s", {"boards": ["mps2_an386"]})
        store.put(examples.deployment(1), examples.measurement(1))
        for number, outcome in enumerate(({}, {"duplicate_of": 0})):
            store.begin_trial("s", number, examples.candidate(1))
            store.finish_trial("s", number, TrialState.COMPLETE, outcome, results=[examples.measurement(1).id])
        content = study_content(store, "s")
    assert [each.number for each in content.parts[0].entries] == [0]
    assert content.repeated == 1


def test_objectives_of_one_board_do_not_rank_another(tmp_path: Path) -> None:
    objectives: list[synthetic.Objective] = [
        {"name": "accuracy", "direction": "maximize", "board": None},
        {"name": "ram", "direction": "minimize", "board": "mps2_an386"},
        {"name": "latency", "direction": "minimize", "board": "nucleo_l4r5zi"},
    ]
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=4, objectives=objectives)
        parts = study_content(store, synthetic.STUDY).parts
    assert [[column.name for column in part.objectives] for part in parts] == [
        ["validation_accuracy", "ram"],
        ["validation_accuracy", "latency"],
    ]


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 10**9)), min_size=1, max_size=8))
def test_every_point_and_tick_lies_inside_the_frame(figures: list[tuple[float, int]]) -> None:
    entries = [entry(number, accuracy=a, instructions=i) for number, (a, i) in enumerate(figures)]
    plot = scatter(entries, ACCURACY, INSTRUCTIONS)
    assert plot is not None
    assert len(plot.points) == len(entries)
    for point in plot.points:
        assert LEFT <= point.x <= WIDTH - RIGHT
        assert TOP <= point.y <= HEIGHT - BOTTOM
    assert plot.x_ticks
    assert plot.y_ticks
    assert all(LEFT <= tick.at <= WIDTH - RIGHT for tick in plot.x_ticks)
    assert all(TOP <= tick.at <= HEIGHT - BOTTOM for tick in plot.y_ticks)
    assert len(plot.x_ticks) <= 10
    order = sorted(range(len(entries)), key=lambda n: figures[n][1])
    assert [plot.points[n].x for n in order] == sorted(point.x for point in plot.points)


def test_a_wide_range_of_costs_gets_a_logarithmic_axis() -> None:
    near = scatter([entry(0, instructions=100), entry(1, instructions=900)], ACCURACY, INSTRUCTIONS)
    wide = scatter([entry(0, instructions=100), entry(1, instructions=90_000)], ACCURACY, INSTRUCTIONS)
    assert near is not None
    assert wide is not None
    assert (near.logarithmic, wide.logarithmic) == (False, True)


def test_the_staircase_joins_what_is_best_in_the_plot() -> None:
    entries = [
        entry(0, accuracy=0.9, instructions=10),
        entry(1, accuracy=0.95, instructions=20),
        entry(2, accuracy=0.5, instructions=30),
    ]
    plot = scatter(entries, ACCURACY, INSTRUCTIONS)
    assert plot is not None
    first, second, _ = plot.points
    assert plot.steps == f"M{first.x:g} {first.y:g}H{second.x:g}V{second.y:g}"


def test_a_plot_of_nothing_verified_is_none() -> None:
    assert scatter([entry(0, verified=False)], ACCURACY, INSTRUCTIONS) is None


def test_layers_share_the_instructions_or_else_the_multiplications() -> None:
    layers = [LayerProfile(name=str(n), op="ADD", macs=10 * n, instructions=n) for n in (1, 3)]
    assert [(bar.share, bar.length, bar.per_mac) for bar in layer_bars(layers)] == [(0.25, 1 / 3, 0.1), (0.75, 1, 0.1)]
    uncounted = [replace(layer, instructions=None) for layer in layers]
    assert [(bar.share, bar.per_mac) for bar in layer_bars(uncounted)] == [(0.25, None), (0.75, None)]
    assert layer_bars([LayerProfile(name="r", op="RESHAPE", macs=0, instructions=0)])[0].share == 0


def test_the_parts_of_each_memory_add_up_to_its_total() -> None:
    base = entry(1).measurement
    ram = replace(base.ram, model_bytes=400, stack_bytes=100, total_bytes=1000)
    flash = replace(base.flash, weights_bytes=50, code_bytes=30, total_bytes=200)
    measurement = replace(base, ram=ram, flash=flash)
    firmware = replace(examples.firmware(1), heap_bytes=64)
    for built in (None, firmware):
        bars = memory_bars(replace(entry(1), measurement=measurement, firmware=built), None)
        for bar in bars:
            assert sum(segment.size_bytes for segment in bar.segments) == bar.total_bytes
            assert bar.segments[-1].start + bar.segments[-1].share == pytest.approx(1)
            assert bar.capacity_bytes is None
    assert [(part.name.split(":")[0], part.size_bytes) for part in bars[0].segments] == [
        ("Model", 400),
        ("Other static data", 436),
        ("Heap", 64),
        ("Peak stack of the inference", 100),
    ]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (RAM, 12345, "12,345 B"),
        (ACCURACY, 0.97531, "97.53 %"),
        (INSTRUCTIONS, 2_626_000, "2,626,000 instructions"),
        (LATENCY, 12345.678, "12,346 µs"),
        (LATENCY, 12.345678, "12.3 µs"),
        (LATENCY, 0.012345, "0.0123 µs"),
    ],
)
def test_figures_read_well(column: Column, value: float, words: str) -> None:
    assert with_unit(column, value) == words


def test_all_figures_of_a_column_have_the_same_decimals() -> None:
    values = [1.5, 22.25, 333.0]
    digits = digits_of(LATENCY, values)
    assert [figure(LATENCY, value, digits) for value in values] == ["1.50", "22.25", "333.00"]


def test_small_words() -> None:
    assert [compact(v) for v in (0.25, 950, 20_000, 1.5e6, 3e9)] == ["0.25", "950", "20 k", "1.5 M", "3 G"]
    assert grouped(1234567.891, 1) == "1,234,567.9"
    assert [plural(n, "trial") for n in (0, 1, 2)] == ["0 trials", "1 trial", "2 trials"]
    assert percent(0.12345) == "12.3 %"
    assert moment("2025-01-02T03:04:05.678+01:00") == "2025-01-02 02:04 UTC"
    assert moment("yesterday") == "yesterday"
    assert visible("a\tb\nc\x07") == "a\tb\nc\\x07"
    assert visible(5) == 5


def test_a_configuration_reads_as_words() -> None:
    config = {
        "boards": ["host", "mps2_an386"],
        "objectives": [
            {"name": "accuracy", "direction": "maximize", "board": None},
            {"name": "ram", "direction": "minimize", "board": "host"},
        ],
        "options": {"estimate": True},
        "seed": 0,
        "techniques": [],
    }
    assert config_rows(config) == (
        ("boards", "host, mps2_an386"),
        ("objectives", "maximize accuracy, minimize ram on host"),
        ("options", "estimate true"),
        ("seed", "0"),
    )
