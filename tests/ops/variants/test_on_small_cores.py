# SPDX-License-Identifier: Apache-2.0
"""Every variant for cores without vectors equals the reference on its core, whether it is the cheapest or not.

The operators' own contracts run the cheapest on the host, the Cortex-M4 and RISC-V; here all of a core are forced by a
plan, those of a board in one program.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.graph import DType, Tensor
from harness.ops import parse_layer, variants_of
from harness.ops.variants._vectors import allows_offset
from harness.passes import simplify
from harness.runtimes.codegen import RUNTIME
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.operators import Case, OperatorContract, differing_cases, standard_feeds
from harness.tflite import read_model
from tests.ops.test_add import TestAdd as Add
from tests.ops.test_conv_2d import TestConv2D as Conv2D
from tests.ops.test_depthwise_conv_2d import TestDepthwiseConv2D as DepthwiseConv2D
from tests.ops.test_fully_connected import TestFullyConnected as FullyConnected
from tests.ops.test_sub import TestSub as Sub
from tests.ops.variants.test_dsp_few_pixels import TestConv2DDspRow as Conv2DFewPixels
from tests.ops.variants.test_dsp_few_pixels import TestDepthwiseConv2DDspTaps as DepthwiseConv2DFewPixels
from tests.ops.variants.test_on_vector_core import poisoned

ROOT = Path(__file__).resolve().parents[3]
CORTEX_M0 = str(ROOT / "benchmarks" / "boards" / "cortex_m0_on_an385.toml")
CONTRACTS: tuple[type[OperatorContract], ...] = (
    *(Conv2D, DepthwiseConv2D, FullyConnected, Add, Sub),
    *(Conv2DFewPixels, DepthwiseConv2DFewPixels),
)
# Variants that a core must have found a case for, besides the generic ones.
EXPECTED = {
    CORTEX_M0: {"CONV_2D packed", "FULLY_CONNECTED four", "ADD linear", "SUB linear"},
    "mps2_an385": {"CONV_2D blocked", "DEPTHWISE_CONV_2D planar", "FULLY_CONNECTED blocked", "ADD linear"},
    "riscv32_virt": {"CONV_2D blocked", "CONV_2D blocked_4", "DEPTHWISE_CONV_2D direct", "FULLY_CONNECTED blocked"},
    "xtensa_lx106_sim": {"CONV_2D offset", "DEPTHWISE_CONV_2D direct", "FULLY_CONNECTED offset"},
    "mps2_an386": {"ADD dsp", "SUB dsp", "CONV_2D dsp"},
}
STEPS = 6


def cases_of(contract: OperatorContract, board: str, count: int) -> list[tuple[str, bytes, tuple[str, str]]]:
    """Return name, model and plan of each case and each variant that accepts it, the generic one aside."""
    features = load_board(board).core.features
    found = []
    for number, model in enumerate(contract.models("int8", count)):
        graph = simplify(read_model(model, name=f"case {number}"))
        (node,) = graph.nodes
        layer = parse_layer(node, graph)
        found += [
            (
                f"{node.op} {variant.name} case {type(contract).__name__} {number}",
                model,
                (f"{node.op.lower()}_{node.index}", variant.name),
            )
            for variant in variants_of(node.op)
            if variant.name != "generic" and variant.accepts(layer, features)
        ]
    return found


def run(board: str, count: int, folder: Path, optimize: str = "speed") -> None:
    if reason := missing_tools(board):
        pytest.skip(reason)
    found = [case for contract in CONTRACTS for case in cases_of(contract(), board, count)]
    assert {name.rpartition(" case ")[0] for name, _, _ in found} >= EXPECTED[board]
    target = load_board(board)
    cases = [
        Case(
            name=name,
            model=model,
            rendered=poisoned(RUNTIME.render(model, target, name=f"case_{number}", optimize=optimize, plan=(plan,))),
        )
        for number, (name, model, plan) in enumerate(found)
    ]
    sets = [standard_feeds(cases, step) for step in range(STEPS)]
    outputs = run_on_board(
        merge([case.rendered for case in cases], optimize=optimize), board, folder, sets, optimize=optimize
    )
    differing = [differing_cases(cases, inputs, got) for inputs, got in zip(sets, outputs, strict=True)]
    assert differing == [{}] * STEPS


@pytest.mark.parametrize(
    "board", [CORTEX_M0, "mps2_an385", "riscv32_virt", "xtensa_lx106_sim"], ids=lambda board: Path(board).stem
)
def test_every_variant_of_a_core_equals_the_reference_on_it(board: str, tmp_path: Path) -> None:
    run(board, 8, tmp_path)


def test_it_does_where_code_is_made_for_size(tmp_path: Path) -> None:
    run("mps2_an386", 8, tmp_path, "size")


@pytest.mark.slow
@pytest.mark.parametrize("optimize", ["balanced", "size"])
@pytest.mark.parametrize("board", EXPECTED, ids=lambda board: Path(board).stem)
def test_every_variant_of_a_core_equals_the_reference_at_every_level(board: str, optimize: str, tmp_path: Path) -> None:
    run(board, 12, tmp_path, optimize)


@pytest.mark.slow
@pytest.mark.parametrize("board", EXPECTED, ids=lambda board: Path(board).stem)
def test_every_variant_of_a_core_equals_the_reference_in_more_cases(board: str, tmp_path: Path) -> None:
    run(board, 24, tmp_path)


def test_a_weight_of_the_lowest_number_beside_another_is_not_packed() -> None:
    from harness.ops.variants.conv_2d_packed import fits_16_bits

    assert fits_16_bits(np.array([[127, -127, -128, 127]], np.int8))
    assert not fits_16_bits(np.array([[0, 0, -128, -128]], np.int8))


def test_weights_with_an_offset_serve_only_sums_that_stay_within_32_bits() -> None:
    weights = np.full((4, 100), 127, np.int8)
    most = 2**31 - 1 - 100 * 128 * 383
    bias = Tensor(index=0, name="bias", shape=(4,), dtype=DType.INT32, data=np.full(4, most, np.int32))
    assert allows_offset(weights, bias, input_zero=0)
    assert not allows_offset(weights, bias, input_zero=-1)  # which adds the sum of the weights
