# SPDX-License-Identifier: Apache-2.0
"""A sample of every operator that is tested in packs, in one program for each emulated core."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.host import Array
from harness.testing.operators import Case
from harness.testing.packed import PackedContract, differing_outputs

_STEPS = 5


def contracts() -> list[PackedContract]:
    """Return one object of every contract in this folder whose operators are packed."""
    found: dict[str, PackedContract] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem == Path(__file__).stem:
            continue
        for name, member in vars(import_module(f"tests.ops.{path.stem}")).items():
            if name.startswith("Test") and isinstance(member, type) and issubclass(member, PackedContract):
                found[member.operator] = member()
    return list(found.values())


@pytest.mark.parametrize(
    "core", ["mps2_an386", "riscv32_virt", pytest.param("xtensa_lx106_sim", marks=pytest.mark.slow)]
)
def test_a_sample_of_every_packed_operator_equals_the_reference_kernel(core: str, tmp_path: Path) -> None:
    if reason := missing_tools(core):
        pytest.skip(reason)
    cases: list[Case] = []
    columns: list[list[list[Array]]] = []
    for contract in contracts():
        own = contract.cases(core, 2, first=len(cases))
        cases += own
        columns.append([contract.feeds(own, step) for step in range(_STEPS)])
    sets = [[array for feeds in step for array in feeds] for step in zip(*columns, strict=True)]
    outputs = run_on_board(merge([case.rendered for case in cases]), core, tmp_path, sets)
    differing = {k for feeds, got in zip(sets, outputs, strict=True) for k in differing_outputs(cases, feeds, got)}
    assert differing == set()
    assert len({layer.op for case in cases for layer in case.rendered.layers}) == len(contracts()) >= 30
