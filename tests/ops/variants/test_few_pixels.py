# SPDX-License-Identifier: Apache-2.0
"""Layers of one pixel get the kernels that are made for them on cores without DSP instructions, too.

That these equal the reference on their cores is tested with all others: ``test_on_small_cores``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boards import load_board
from harness.ops import choose_variant, parse_layer
from harness.ops.variants._windows import pixels_of
from harness.passes import simplify
from harness.testing.operators import OperatorContract
from harness.tflite import read_model
from tests.ops.variants.test_dsp_few_pixels import TestConv2DDspRow as Conv2DFewPixels
from tests.ops.variants.test_dsp_few_pixels import TestDepthwiseConv2DDspTaps as DepthwiseConv2DFewPixels

CORTEX_M0 = str(Path(__file__).resolve().parents[3] / "benchmarks" / "boards" / "cortex_m0_on_an385.toml")
CASES = 24


@pytest.mark.parametrize(
    ("board", "contract", "variant"),
    [
        *(
            (board, DepthwiseConv2DFewPixels, "direct")
            for board in (CORTEX_M0, "mps2_an385", "riscv32_virt", "xtensa_lx106_sim")
        ),
        ("simavr_atmega2560", DepthwiseConv2DFewPixels, "planar"),
        ("xtensa_lx106_sim", Conv2DFewPixels, "offset"),
    ],
    ids=lambda value: Path(value).stem if isinstance(value, str) else value.__name__,
)
def test_a_layer_of_one_pixel_gets_the_kernel_for_it(
    board: str, contract: type[OperatorContract], variant: str
) -> None:
    features = load_board(board).core.features
    chosen = set()
    for number, model in enumerate(contract().models("int8", CASES)):
        graph = simplify(read_model(model, name=f"case {number}"))
        layer = parse_layer(graph.nodes[0], graph)
        if pixels_of(layer) == 1:
            chosen.add(choose_variant(layer, features).name)
    assert chosen == {variant}
