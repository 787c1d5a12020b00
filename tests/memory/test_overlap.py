# SPDX-License-Identifier: Apache-2.0
"""The distances of kernels: an output that far before its input is exact, one element nearer is not for some case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.memory import BufferRequest, Placement, Plan, Region
from harness.ops import parse_layer, variants_of
from harness.passes import simplify
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes import RenderedModel, codegen
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.host import build_host
from harness.testing.operators import OperatorContract
from harness.tflite import read_model
from tests.ops.test_average_pool_2d import TestAveragePool2D as AveragePool2D
from tests.ops.test_conv_2d import TestConv2D as Conv2D
from tests.ops.test_depthwise_conv_2d import TestDepthwiseConv2D as DepthwiseConv2D
from tests.ops.test_max_pool_2d import TestMaxPool2D as MaxPool2D

CASES = 16
STEPS = 4
ALIGNMENT = 16  # what code for boards may rely on
CONTRACTS = (Conv2D, DepthwiseConv2D, AveragePool2D, MaxPool2D)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A model of one operator, a variant that may be used for it, and the distance that this names."""

    model: bytes
    dtype: str
    layer: str
    variant: str
    distance: int


def cases_of(contract: type[OperatorContract], board: str, dtypes: Sequence[str]) -> list[Case]:
    """Return a contract's models with every variant that accepts them on a board and lets output and input overlap."""
    features = load_board(board).core.features
    found = []
    for dtype in dtypes:
        for model in contract().models(dtype, CASES):
            graph = simplify(read_model(model, name="case"))
            (node,) = graph.nodes
            layer = parse_layer(node, graph)
            for variant in variants_of(node.op):
                distance = variant.overlap(layer) if variant.accepts(layer, features) else None
                if distance is not None:
                    name = f"{node.op.lower()}_{node.index}"
                    found.append(Case(model=model, dtype=dtype, layer=name, variant=variant.name, distance=distance))
    return found


def render(case: Case, name: str, board: str, distance: int, monkeypatch: pytest.MonkeyPatch) -> RenderedModel:
    """Render a case with its output exactly ``distance`` bytes before its input; scratch lies behind both."""

    def plan(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> Plan:
        source, output, *scratch = requests
        places = [max(distance, 0), max(-distance, 0)]
        end = max(source.size_bytes + places[0], output.size_bytes + places[1])
        places += [-(-end // ALIGNMENT) * ALIGNMENT] * len(scratch)
        placed = [
            Placement(request=request, region=regions[0].name, offset=offset)
            for request, offset in zip(requests, places, strict=True)
        ]
        return Plan(placements=tuple(placed), region_bytes={regions[0].name: max(p.end for p in placed)})

    monkeypatch.setattr(codegen, "plan_memory", plan)
    return codegen.RUNTIME.render(case.model, load_board(board), name=name, plan=((case.layer, case.variant),))


def wrong_cases(models: Sequence[bytes], outputs: Sequence[Sequence[np.ndarray]]) -> set[int]:
    """Return the numbers of the models of which an output differs from the reference."""
    wrong = set()
    for step, got in enumerate(outputs):
        for number, (model, values) in enumerate(zip(models, got, strict=True)):
            wanted = Golden(model).outputs([inputs_of(model)[step]])[0]
            if not compare(values, wanted).equal:
                wrong.add(number)
    return wrong


def inputs_of(model: bytes) -> list[np.ndarray]:
    graph = read_model(model, name="case")
    tensor = graph.tensor(graph.inputs[0])
    zero = tensor.quantization.zero_points[0] if tensor.quantization is not None else None
    return [values for _, values in standard_inputs(tensor.dtype, tensor.shape, zero, count=8)][-STEPS:]


def sets_of(models: Sequence[bytes]) -> list[list[np.ndarray]]:
    return [list(row) for row in zip(*(inputs_of(model) for model in models), strict=True)]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.operator)
def test_a_portable_kernel_is_exact_at_its_distance_and_not_one_element_nearer(
    contract: type[OperatorContract], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dtypes = [dtype for dtype in contract.dtypes if dtype != "hybrid"]  # hybrid layers keep their memory to themselves
    cases = cases_of(contract, "host", dtypes)
    models = [case.model for case in cases]
    kinds = {(case.variant, case.dtype) for case in cases}
    assert {("generic", dtype) for dtype in dtypes} <= kinds
    for nearer in (0, 1):
        rendered = []
        for number, case in enumerate(cases):
            item_bytes = np.dtype(case.dtype).itemsize
            assert case.distance % item_bytes == 0
            distance = case.distance - nearer * item_bytes
            rendered.append(render(case, f"case_{number}", "host", distance, monkeypatch))
        program = build_host(merge(rendered), tmp_path / str(nearer), flags=("-O1",), with_layers=False)
        wrong = wrong_cases(models, [run.outputs for run in program.run(sets_of(models))])
        assert {(cases[k].variant, cases[k].dtype) for k in wrong} == (kinds if nearer else set())


@pytest.mark.parametrize(
    ("board", "variant"),
    [("mps2_an386", "dsp"), ("mps3_an547", "mve"), ("xtensa_lx106_sim", "offset")],
)
def test_a_kernel_for_a_board_is_exact_at_its_distance(
    board: str, variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing_tools(board):
        pytest.skip(reason)
    cases = [case for contract in CONTRACTS for case in cases_of(contract, board, ["int8"]) if case.variant == variant]
    assert cases
    rendered = [
        render(case, f"case_{number}", board, -(-case.distance // ALIGNMENT) * ALIGNMENT, monkeypatch)
        for number, case in enumerate(cases)
    ]
    models = [case.model for case in cases]
    assert wrong_cases(models, run_on_board(merge(rendered), board, tmp_path, sets_of(models))) == set()
