# SPDX-License-Identifier: Apache-2.0
"""SVDF: several ranks and lengths of memory, with and without bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pytest

from harness.errors import UnsupportedModel
from harness.testing.host import Array
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS, HOST, Case, render_case, single_operator
from harness.testing.stateful import StatefulContract, finite_feeds

RELU = 1


def single(value: float) -> float:
    return float(np.float32(value))


def model(
    rng: np.random.Generator,
    dtype: str,
    number: int,
    *,
    rank: int = 0,
    fields: Mapping[str, int] = MappingProxyType({}),
    fixed: bool = False,
) -> bytes:
    """Return a layer with everything drawn but what is given; ``fields`` replaces options."""
    units = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
    rank = rank or int(rng.integers(1, 4))
    filters, memory, inputs = units * rank, int(rng.integers(1, 9)), int(rng.choice([1, 2, 3, 8, 17]))
    batch = 1 if number % 5 else int(rng.integers(1, 4))
    if dtype == "int8":
        factor = {4: 50.0, 5: 0.01}.get(number % 6, 1.0)  # sums that leave the state's range, and that hardly move it
        input_scale, weight_scale = single(rng.uniform(0.01, 0.1)), single(rng.uniform(0.003, 0.01))
        state_scale = single(input_scale * weight_scale * np.sqrt(inputs) / factor)
        time_scale = single(rng.uniform(1e-5, 1e-4))
        output_scale = single(state_scale * time_scale * 3000 * 3000 * np.sqrt(memory * rank) / 60)
        reach = int(output_scale * 60 / (state_scale * time_scale))
        tensors = [
            TensorSpec(
                shape=(batch, inputs), scales=(input_scale,), zero_points=(int(rng.choice([-128, -4, 0, 127])),)
            ),
            weights(rng, (filters, inputs), weight_scale),
            TensorSpec(
                shape=(filters, memory),
                dtype="int16",
                data=rng.integers(-3000, 3001, size=(filters, memory)).astype(np.int16),
                scales=(time_scale,),
            ),
            TensorSpec(shape=(units,), dtype="int32", data=rng.integers(-reach, reach, size=units).astype(np.int32)),
            TensorSpec(shape=(batch, memory * filters), dtype="int16", scales=(state_scale,), is_variable=True),
            TensorSpec(shape=(batch, units), scales=(output_scale,), zero_points=(int(rng.choice([-128, 3, 127])),)),
        ]
    else:
        kernels = [(filters, inputs), (filters, memory)]
        tensors = [
            TensorSpec(shape=(batch, inputs), dtype="float32"),
            *(weights(rng, shape, 0.01) if dtype == "hybrid" else reals(rng, *shape) for shape in kernels),
            reals(rng, units),
            reals(rng, batch, memory * filters)
            if fixed
            else TensorSpec(shape=(batch, memory * filters), dtype="float32", is_variable=True),
            TensorSpec(shape=(batch, units), dtype="float32"),
        ]
    options = {
        "rank": rank,
        "fusedActivationFunction": RELU if dtype == "int8" else number % 4,
        "asymmetricQuantizeInputs": dtype == "hybrid" and number % 2 == 0,
        **fields,
    }
    bias = 3 if number % 4 else -1
    operator = OperatorSpec(op="SVDF", inputs=(0, 1, 2, bias, 4), outputs=(5,), options="SVDFOptions", fields=options)
    return single_operator(operator, tensors, inputs=[0], output=5)


def weights(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> TensorSpec:
    data = rng.integers(-127, 128, size=shape).astype(np.int8)
    return TensorSpec(shape=shape, data=data, scales=(single(scale),))


def reals(rng: np.random.Generator, *shape: int) -> TensorSpec:
    return TensorSpec(shape=shape, dtype="float32", data=rng.normal(size=shape).astype(np.float32))


class TestSvdf(StatefulContract):
    operator = "SVDF"
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        return model(rng, dtype, number)

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        return finite_feeds(cases, step)


@pytest.mark.parametrize(
    ("dtype", "fields", "message"),
    [
        ("int8", {"fusedActivationFunction": 0}, "of int8 it must have a fused RELU"),
        ("float32", {"fusedActivationFunction": 4}, "its fused activation 4 cannot be generated"),
        ("float32", {"rank": 0}, "its rank is 0"),
        ("float32", {"rank": 7}, "its rank is 7"),
        ("float32", {"rank": 1}, r"its output must have shape \(1, 4\)"),
    ],
)
def test_a_layer_that_the_reference_does_not_compute_so_is_refused(
    dtype: str, fields: dict[str, int], message: str
) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        render_case(model(np.random.default_rng(1), dtype, 1, rank=2, fields=fields), 0, HOST)


def test_a_state_that_is_no_variable_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="its state must be a variable"):
        render_case(model(np.random.default_rng(1), "float32", 1, fixed=True), 0, HOST)
