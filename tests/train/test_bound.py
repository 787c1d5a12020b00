# SPDX-License-Identifier: Apache-2.0
"""What is told of a candidate before its conversion is never more than the conversion shows."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from harness.boards import load_board
from harness.compress import technique_names
from harness.errors import UnsupportedModel
from harness.footprint import fit_all, fit_at_least
from harness.records import Candidate, CompressionStep, Scalar
from harness.search.proposal import make_candidate, propose
from harness.tasks import Choice, LoadedTask, load_task
from harness.train import Bound, bound, untrained

BOARDS = tuple(map(load_board, ("mps2_an386", "microbit", "mps3_an547", "riscv32_virt", "simavr_atmega2560")))
INT8 = CompressionStep(name="int8")


class Drawn:
    """A space that is drawn from at random."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def suggest_int(self, _name: str, low: int, high: int, *, step: int = 1) -> int:
        return self._draw.randrange(low, high + 1, step)

    def suggest_float(self, _name: str, low: float, high: float) -> float:
        return self._draw.uniform(low, high)

    def suggest_categorical(self, _name: str, choices: tuple[Choice, ...]) -> Choice:
        return self._draw.choice(choices)


@pytest.fixture(scope="module")
def digits() -> LoadedTask:
    return load_task("digits")


def check(candidate: Candidate, loaded: LoadedTask) -> Bound | None:
    """Compare the bound of a candidate with what its conversion shows, on every board."""
    told = bound(candidate, loaded)
    if told is None:
        return None
    refused: dict[str, UnsupportedModel] = {}
    shown = {each.board: each for each in fit_all(untrained(candidate, loaded), BOARDS, refused=refused)}
    assert shown
    for board in (board for board in BOARDS if board.id in shown):
        least = fit_at_least(
            board,
            weights_bytes=told.weights_bytes,
            activations_bytes=told.activations_bytes,
            input_bytes=told.input_bytes,
        )
        whole = shown[board.id]
        assert 0 < least.weights_bytes <= whole.weights_bytes, (candidate, board.id)
        assert 0 < least.activations_bytes <= whole.activations_bytes, (candidate, board.id)
        assert least.ram.exact_bytes <= whole.ram.exact_bytes
        assert least.flash.exact_bytes <= whole.flash.exact_bytes
        for one, other in zip(least.memories, whole.memories, strict=True):
            assert one.needed.exact_bytes <= other.needed.exact_bytes, (candidate, board.id, one.name)
            assert one.surely_missing_bytes <= other.surely_missing_bytes
    return told


@pytest.mark.parametrize(
    ("task", "seeds"),
    [
        ("digits", range(4)),
        pytest.param("digits", range(4, 60), marks=pytest.mark.slow),
        pytest.param("breast_cancer", range(40), marks=pytest.mark.slow),
    ],
)
def test_of_no_network_of_the_shipped_families_more_is_told_than_its_conversion_shows(task: str, seeds: range) -> None:
    loaded = load_task(task)
    told = []
    for seed in seeds:
        proposal = propose(Drawn(seed), loaded.task, technique_names())
        told.append(check(make_candidate(proposal, "0" * 64, seed), loaded))
    assert sum(each is not None for each in told) > len(seeds) / 2


def candidate(family: str, *steps: CompressionStep, seed: int = 0, **parameters: Scalar) -> Candidate:
    return Candidate(
        task_key="0" * 64, family=family, parameters=tuple(sorted(parameters.items())), compression=steps, seed=seed
    )


def dense(*steps: CompressionStep, units: int = 16, seed: int = 0) -> Candidate:
    return candidate("dense", *steps, seed=seed, layers=1, units_0=units)


def test_weights_and_tensors_are_counted_in_the_bytes_of_their_type(digits: LoadedTask) -> None:
    kernels = 64 * 16 + 16 * 10
    assert bound(dense(), digits) == Bound(weights_bytes=4 * kernels, activations_bytes=64, input_bytes=256)
    biases = 4 * (16 + 10)
    assert bound(dense(INT8), digits) == Bound(weights_bytes=kernels + biases, activations_bytes=16, input_bytes=64)


def test_what_is_removed_is_not_counted(digits: LoadedTask) -> None:
    half = CompressionStep(name="filter_pruning", parameters=(("fraction", 0.5),))
    told = bound(dense(half), digits)
    assert told is not None
    assert told.weights_bytes == 4 * (64 * 8 + 8 * 10)


@pytest.mark.parametrize("deed", ["negative", "unread", "biased"])
def test_where_a_channel_may_turn_out_constant_nothing_is_told_of_an_int8_model(
    digits: LoadedTask, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    build = digits.task.families["dense"]

    def spoilt(space: object) -> Callable[[], object]:
        inner = build(space)  # type: ignore[arg-type]

        def make() -> object:
            model = inner()
            first, second = model.layers[-2:]
            kernel, bias = first.get_weights()
            reader, last = second.get_weights()
            if deed == "negative":
                kernel[:, 3] = -abs(kernel[:, 3])
            elif deed == "unread":
                reader[3] = 1e-6
            else:
                bias[3] = -100
            first.set_weights([kernel, bias])
            second.set_weights([reader, last])
            return model

        return make

    monkeypatch.setitem(digits.task.families, "dense", spoilt)
    assert bound(dense(INT8), digits) is None
    assert bound(dense(), digits) is not None
