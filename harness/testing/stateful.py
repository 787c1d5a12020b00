# SPDX-License-Identifier: Apache-2.0
"""The contract of an operator with state: besides what every operator holds, it goes on where an inference ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from harness.reference import Golden, compare, standard_inputs
from harness.testing.batch import merge
from harness.testing.board import run_on_board
from harness.testing.host import SANITIZERS, Array, HostProgram, build_host
from harness.testing.mutation import break_layer
from harness.testing.operators import HOST, Case, OperatorContract, RecordProperty


class StatefulContract(OperatorContract):
    """Subclass it like ``OperatorContract``; ``steps`` inferences follow each other without a reset."""

    boards: ClassVar[tuple[str, ...]] = (HOST,)
    samples: ClassVar[int] = 1
    steps: ClassVar[int] = 10

    def differing_on_host(self, cases: Sequence[Case], folder: Path) -> dict[str, str]:
        """In one program, run every case after a reset, and then a sequence without one."""
        batch = merge([case.rendered for case in cases])
        program = build_host(batch, folder, flags=("-O0", *SANITIZERS), with_layers=False)
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        found = self.differing(cases, sets, [run.outputs for run in program.run(sets)])
        return found | self.differing_steps(cases, program)

    def differing_on(self, board: str, cases: Sequence[Case], folder: Path) -> dict[str, str]:
        """Run a sequence of every case on an emulated core, without a reset."""
        sets = [self.feeds(cases, step) for step in range(self.steps)]
        batch = merge([case.rendered for case in cases])
        return differing_sequences(cases, sets, run_on_board(batch, board, folder, sets, keeps_state=True))

    def test_one_changed_constant_is_noticed_in_every_case(self, tmp_path: Path) -> None:
        cases = self.cases(HOST, 6)
        batch = merge([break_layer(case.rendered, 0) for case in cases])
        program = build_host(batch, tmp_path, flags=("-O0",), with_layers=False)
        assert set(self.differing_steps(cases, program)) == {case.name for case in cases}

    @pytest.mark.slow
    def test_hundreds_of_cases_equal_the_reference_kernel(
        self, tmp_path: Path, record_property: RecordProperty
    ) -> None:
        """In sequences, whose first step comes after a reset."""
        cases = self.cases(HOST, self.many_cases)
        program = build_host(merge([case.rendered for case in cases]), tmp_path, with_layers=False)
        assert self.differing_steps(cases, program) == {}
        self.tell(record_property, HOST, self.many_cases)

    def differing_steps(self, cases: Sequence[Case], program: HostProgram) -> dict[str, str]:
        """Run all cases step after step without a reset; return what differs first in each case that differs."""
        sets = [self.feeds(cases, step) for step in range(self.steps)]
        got = [run.outputs for run in program.run(sets, keeps_state=True)]
        return differing_sequences(cases, sets, got)


def finite_feeds(cases: Sequence[Case], step: int) -> list[Array]:
    """Return the standard inputs of all cases for one step: what is not finite would stay in the state for ever."""
    ports = [port for case in cases for port in case.rendered.inputs]
    return [standard_inputs(port.dtype, port.shape, port.zero_point, count=max(5, step + 1))[step][1] for port in ports]


def differing_sequences(
    cases: Sequence[Case], sets: Sequence[Sequence[Array]], got: Sequence[Sequence[Array]]
) -> dict[str, str]:
    """Return the name of each case whose outputs differ from the reference's in some step, with the first of them."""
    found: dict[str, str] = {}
    fed = given = 0
    for case in cases:
        inputs = slice(fed, fed := fed + len(case.rendered.inputs))
        outputs = slice(given, given := given + len(case.rendered.outputs))
        answers = Golden(case.model).sequence([step[inputs] for step in sets])
        for number, (wanted, step) in enumerate(zip(answers, got, strict=True)):
            for one, other in zip(step[outputs], wanted, strict=True):
                comparison = compare(one, other)
                if not comparison.equal:
                    found.setdefault(case.name, f"step {number}: {comparison.describe()}")
    return found
