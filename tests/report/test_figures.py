# SPDX-License-Identifier: Apache-2.0
"""Columns, objectives, bars and words of a report."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from harness.boards import load_board
from harness.records import Cycles, How, LayerProfile, Quantity, to_plain
from harness.report.bars import layer_bars, memory_bars
from harness.report.commands import bench_command, search_command
from harness.report.content import study_content
from harness.report.figures import (
    Column,
    Entry,
    Wanted,
    column_named,
    columns_of,
    objective_columns,
    quantity,
)
from harness.report.standing import StudyFacts
from harness.report.views import config_rows
from harness.report.words import digits_of, duration, figure, grouped, moment, percent, plural, visible, with_unit
from harness.search import Limit, Status, TrialOutcome
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
    metrics = (
        ("validation_accuracy", accuracy),
        ("test_accuracy", 0.1),
        ("parameters", 9.0),
        ("rung_5.accuracy", 0.4),
    )
    artifact = replace(examples.artifact(number), metrics=metrics)
    return Entry(
        number=number, measurement=measurement, candidate=None, artifact=artifact, deployment=None, firmware=None
    )


def test_columns_stand_in_order_and_without_scores_on_test_data_or_at_rungs() -> None:
    names = [column.id for column in columns_of([entry(1)])]
    assert names == [
        "validation_accuracy-host",
        "instructions-counted",
        "ram-counted",
        "flash-counted",
        "ram.model_bytes-counted",
        "ram.stack_bytes-counted",
        "flash.weights_bytes-counted",
        "flash.code_bytes-counted",
        "macs-counted",
        "model_bytes-host",
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


def test_modelled_cycles_stand_in_columns_of_their_own() -> None:
    cycles = Cycles(zero_wait=150, flash_wait=190, source="a table")
    only = replace(entry(1), measurement=replace(entry(1).measurement, cycles=cycles))
    columns = [column for column in columns_of([only]) if column.kind == "cycles"]
    assert [(column.name, column.how) for column in columns] == [
        ("cycles.zero_wait", How.MODELLED),
        ("cycles.flash_wait", How.MODELLED),
    ]
    assert [found.value for column in columns if (found := quantity(only, column))] == [150, 190]
    assert with_unit(columns[0], 1500) == "1,500 cycles"
    assert column_named(columns, "cycles") == columns[1]


def test_time_on_the_host_is_no_objective() -> None:
    time = Quantity(value=5.0, unit="us", how=How.HOST, source="clock")
    only = replace(entry(1), measurement=replace(entry(1).measurement, instructions=None, latency=time))
    assert objective_columns(columns_of([only]), [Wanted(name="latency", minimised=True)]) == ()


def test_objectives_are_those_of_the_study_with_their_directions() -> None:
    columns = columns_of([entry(1)])
    wanted = [Wanted(name="flash", minimised=True), Wanted(name="accuracy", minimised=False)]
    assert [(c.name, c.minimised) for c in objective_columns(columns, wanted)] == [
        ("flash", True),
        ("validation_accuracy", False),
    ]
    (reverse,) = objective_columns(columns, [Wanted(name="ram", minimised=False)])
    assert (reverse.name, reverse.minimised) == ("ram", False)


def test_trials_that_repeat_an_earlier_one_are_counted_not_listed_twice(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.create_study("s", {"boards": ["mps2_an386"]})
        store.put(examples.deployment(1), examples.measurement(1))
        for number, first in enumerate((None, 0)):
            outcome = TrialOutcome(status=Status.COMPLETE, parameters=(), duplicate_of=first)
            store.claim_trial("s", number, examples.candidate(1), examples.RUNNER)
            results = [examples.measurement(1).id]
            store.finish_trial(
                "s", number, TrialState.COMPLETE, to_plain(outcome), results=results, runner=examples.RUNNER
            )
        content = study_content(store, "s")
    assert [each.number for each in content.parts[0].entries] == [0]
    assert content.repeated == 1


def test_objectives_of_one_board_do_not_rank_another(tmp_path: Path) -> None:
    objectives: list[synthetic.Asked] = [
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
    assert [duration(v) for v in (1.23, 245, 7380)] == ["1.2 s", "4 min 05 s", "2 h 03 min"]
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
        "limits": [{"name": "ram", "sense": "<=", "bound": 32768.0, "board": "host"}],
        "seed": 0,
        "techniques": [],
    }
    assert config_rows(config) == (
        ("boards", "host, mps2_an386"),
        ("limits", "ram on host <= 32,768"),
        ("objectives", "maximize accuracy, minimize ram on host"),
        ("options", "estimate true"),
        ("seed", "0"),
    )


def test_the_command_that_searches_again_says_all_that_was_asked_otherwise_than_by_default() -> None:
    limit = Limit(name="ram", sense="<=", bound=3e4, board="host")
    facts = StudyFacts(
        objectives=(), limits=(limit,), finished=(), front=frozenset(), nearest=None, quarantined=(), under_way=()
    )
    plain = {"task": "t.py", "boards": ["host"], "driver": "optuna", "gates": ["fit"], "halving": True, "seed": 3}
    command = "harness run --study s_again --task t.py --board host --limit 'ram@host<=30000' --seed 3 --trials 0"
    assert search_command("s", plain, facts) == command
    given = plain | {"model": "my m.keras", "halving": False, "gates": [], "sampler": "random"}
    words = shlex.split(search_command("s", given, facts))
    assert words[6:8] == ["--model", "my m.keras"]
    assert [word for word in words if word not in shlex.split(command)][2:] == ["--sampler", "random", "--no-gates"]
    assert "--no-halving" in search_command("s", plain | {"halving": False}, facts)


@pytest.mark.parametrize(
    ("board", "emulator", "asks"),
    [("esp32", "qemu_espressif 9.2.2", True), ("esp32", None, False), ("mps2_an386", "qemu 7.2.22", False)],
)
def test_a_chip_that_was_emulated_is_measured_again_by_an_estimate(
    board: str, emulator: str | None, asks: bool
) -> None:
    environment = () if emulator is None else (("emulator", emulator),)
    measurement = replace(examples.measurement(1), environment=environment, latency=None)
    deployment = replace(examples.deployment(1), board=board, runtime="codegen", optimize="speed")
    command = bench_command(deployment, measurement, "m.tflite", load_board(board))
    assert command == f"harness bench m.tflite --board {board}" + " --estimate" * asks
