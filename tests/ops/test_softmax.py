# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX: one or several rows, small and large scales, betas other than one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadModel
from harness.reference import Golden
from harness.testing.host import HostProgram, build_host
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import HOST, OperatorContract, render_case, single_operator
from harness.testing.tensors import activation


class TestSoftmax(OperatorContract):
    operator = "SOFTMAX"
    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = int(rng.choice([1, 2, 3, 5, 10, 12, 100, 511]))
        shape = ((1, depth), (4, depth), (2, 3, depth))[number % 3]
        scale = float(10.0 ** rng.uniform(-2.5, 0.0)) if number % 8 else float(rng.choice([1e-6, 1e-4, 5.0, 40.0]))
        source = activation(rng, dtype, shape, scale=scale)
        output = TensorSpec(shape=shape, dtype=dtype)
        if dtype == "int8":
            output = TensorSpec(shape=shape, dtype=dtype, scales=(1 / 256,), zero_points=(-128,))
            if number % 5 == 4:
                output = TensorSpec(shape=shape, dtype="int16", scales=(1 / 65535,), zero_points=(-32768,))
        if dtype == "int16":  # its scales must be below 5 / beta
            source = activation(rng, dtype, shape, scale=min(scale, 1.0))
            output = TensorSpec(shape=shape, dtype=dtype, scales=(1 / 32768,), zero_points=(0,))
        operator = OperatorSpec(
            op="SOFTMAX",
            inputs=(0,),
            outputs=(1,),
            options="SoftmaxOptions",
            fields={"beta": float(rng.choice([1.0, 1.0, 0.5, 2.0, 3.7]))},
            version=2,
        )
        return single_operator(operator, [source, output], inputs=[0], output=1)


def wide(scale: float) -> bytes:
    """A row of 1,000 classes, as networks for ImageNet have."""
    tensors = [
        TensorSpec(shape=(1, 1000), scales=(scale,), zero_points=(3,)),
        TensorSpec(shape=(1, 1000), scales=(1 / 256,), zero_points=(-128,)),
    ]
    operator = OperatorSpec(op="SOFTMAX", inputs=(0,), outputs=(1,), options="SoftmaxOptions", fields={"beta": 1.0})
    return single_operator(operator, tensors, inputs=[0], output=1)


def test_a_thousand_classes_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    spread = rng.integers(-128, 128, size=(1, 1000)).astype(np.int8)
    nearly_flat = np.where(rng.random((1, 1000)) < 0.503, 0, -128).astype(np.int8)
    model = wide(0.25)
    golden = Golden(model)
    runs = program_of(model, tmp_path).run([[spread], [nearly_flat]])
    for values, run in zip((spread, nearly_flat), runs, strict=True):
        assert np.array_equal(run.outputs[0], golden.outputs([values])[0])


def test_a_row_that_would_stop_the_reference_is_refused_by_it_and_answered_by_the_device(tmp_path: Path) -> None:
    flat = np.zeros((1, 1000), np.int8)
    model = wide(0.25)
    with pytest.raises(BadModel, match="sum up to 512 or more"):
        Golden(model).outputs([flat])
    (run,) = program_of(model, tmp_path).run([[flat]])
    assert np.all(run.outputs[0] == -128)


def program_of(model: bytes, folder: Path) -> HostProgram:
    folder.mkdir(exist_ok=True)
    return build_host(render_case(model, 0, HOST), folder, with_layers=False)
