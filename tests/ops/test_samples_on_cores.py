# SPDX-License-Identifier: Apache-2.0
"""A sample of the operators whose contracts run on the host alone, in a few programs for each emulated core."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.host import Array
from harness.testing.operators import SAMPLED, Case, OperatorContract, RecordProperty, render_case
from harness.testing.packed import PackedContract, differing_outputs
from harness.testing.stateful import StatefulContract, differing_sequences, finite_feeds
from tests.ops.contracts import contracts
from tests.ops.moving import HostContract

_STEPS = 5
_STATEFUL_STEPS = 8


@pytest.fixture(params=SAMPLED)
def core(request: pytest.FixtureRequest) -> str:
    """A board for which there are a compiler and an emulator."""
    board = str(request.param)
    if reason := missing_tools(board):
        pytest.skip(reason)
    return board


def test_a_sample_of_every_packed_operator_equals_the_reference_kernel(
    core: str, tmp_path: Path, record_property: RecordProperty
) -> None:
    found = contracts(PackedContract)
    cases, sets = joined(found, core)
    outputs = run_on_board(merge([case.rendered for case in cases]), core, tmp_path, sets)
    differing = {k for feeds, got in zip(sets, outputs, strict=True) for k in differing_outputs(cases, feeds, got)}
    assert differing == set()
    assert len({layer.op for case in cases for layer in case.rendered.layers}) == len(found) >= 30
    tell(record_property, found, core)


def test_a_sample_of_every_operator_that_moves_or_reduces_equals_the_reference_kernel(
    core: str, tmp_path: Path, record_property: RecordProperty
) -> None:
    found = contracts(HostContract)
    cases, sets = joined(found, core)
    outputs = run_on_board(merge([case.rendered for case in cases]), core, tmp_path, sets)
    assert OperatorContract().differing(cases, sets, outputs) == {}
    assert len(found) >= 30
    tell(record_property, found, core)


def test_a_sequence_of_every_operator_with_state_equals_the_reference_kernel(
    core: str, tmp_path: Path, record_property: RecordProperty
) -> None:
    found = contracts(StatefulContract)
    models = [model for one in found for dtype in one.dtypes for model in one().models(dtype, one.samples)]
    cases = [
        Case(name=str(number), model=model, rendered=render_case(model, number, core))
        for number, model in enumerate(models)
    ]
    assert len(cases) >= 6
    sets = [finite_feeds(cases, step) for step in range(_STATEFUL_STEPS)]
    batch = merge([case.rendered for case in cases])
    got = run_on_board(batch, core, tmp_path, sets, keeps_state=True)
    assert differing_sequences(cases, sets, got) == {}
    tell(record_property, found, core)


def tell(record_property: RecordProperty, found: Sequence[type[OperatorContract]], core: str) -> None:
    for contract in found:
        contract().tell(record_property, core, contract.samples)


def joined(found: Sequence[type[OperatorContract]], core: str) -> tuple[list[Case], list[list[Array]]]:
    """Return the samples of several contracts as the cases of one program, and their inputs for each step."""
    cases: list[Case] = []
    columns: list[list[list[Array]]] = []
    for contract in found:
        own = contract().cases(core, contract.samples, first=len(cases))
        cases += [dataclasses.replace(case, name=f"{contract.operator} {case.name}") for case in own]
        columns.append([contract().feeds(own, step) for step in range(_STEPS)])
    return cases, [[array for feeds in step for array in feeds] for step in zip(*columns, strict=True)]
