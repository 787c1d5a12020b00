# SPDX-License-Identifier: Apache-2.0
"""DEQUANTIZE: quantized numbers to floats."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from harness.reference import Golden
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import HOST, render_case
from harness.testing.packed import Single, pack
from tests.ops.elementwise import UnaryContract


class TestDequantize(UnaryContract):
    operator = "DEQUANTIZE"
    options = "DequantizeOptions"
    version = 2
    dtypes = ("int8", "uint8", "int16")

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        source, output = single.tensors
        return dataclasses.replace(single, tensors=(source, TensorSpec(shape=output.shape, dtype="float32")))

    def test_a_table_equals_the_reference_kernel_for_every_input(self, tmp_path: Path) -> None:
        """It has no table: the code itself runs for all of them, optimised, where GCC 12 once dropped its call."""
        codes = np.arange(-128, 128, dtype=np.int8)
        source = TensorSpec(shape=(256,), scales=(0.0625,), zero_points=(127,))
        single = Single(
            operator=OperatorSpec(op="DEQUANTIZE", inputs=(0,), outputs=(1,), options="DequantizeOptions", version=2),
            tensors=(source, TensorSpec(shape=(256,), dtype="float32")),
        )
        model = pack([single])
        program = build_host(render_case(model, 0, HOST), tmp_path, flags=("-O2",), with_layers=False)
        (run,) = program.run([[codes]])
        assert np.array_equal(run.outputs[0], Golden(model).outputs([codes])[0])
