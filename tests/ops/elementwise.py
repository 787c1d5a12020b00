# SPDX-License-Identifier: Apache-2.0
"""Cases of operators that work element by element: functions of one input, and of several that are broadcast."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from harness.ops import choose_variant, parse_layer
from harness.reference import Golden
from harness.testing.host import Array
from harness.testing.models import OperatorSpec, Scalar, TensorSpec
from harness.testing.operators import EDGE_CHANNELS
from harness.testing.packed import PackedContract, Single, pack
from harness.testing.tensors import REACH, activation
from harness.tflite import read_model

Shapes = tuple[tuple[int, ...], tuple[int, ...]]
SHAPES: tuple[Callable[[int, int, int], Shapes], ...] = (  # of two operands, for the last dimension and those before it
    lambda h, w, d: ((1, h, w, d), (1, h, w, d)),
    lambda h, w, d: ((1, h, w, d), (d,)),
    lambda h, w, d: ((1, 1, 1, d), (1, h, w, d)),
    lambda h, w, d: ((1, h, w, d), (1, 1)),
    lambda h, w, d: ((1, h, 1, d), (1, h, w, 1)),
    lambda h, w, d: ((1, h, w, d), (1, 1, w, 1)),
)


class UnaryContract(PackedContract):
    """A function of one input: its int8 table is compared for all 256 inputs, too."""

    options: ClassVar[str] = ""
    version: ClassVar[int] = 1
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "int16", "float32")
    output: ClassVar[tuple[float, int] | None] = None  # scale and zero point of int8, where the operator fixes them
    output_16: ClassVar[float | None] = None  # scale of int16, likewise
    ratio: ClassVar[tuple[float, float]] = (-1.5, 1.5)  # of the output's scale to the input's, powers of ten
    same_quantization: ClassVar[bool] = False

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        """Return the fields of the operator's options."""
        del rng, number
        return {}

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        height, width = (int(n) for n in rng.integers(2, 7, size=2))
        shape = ((1, height, width, depth), (1, depth), (2, 3, depth), (64, depth))[number % 4]
        source = activation(rng, dtype, shape)
        scale = source.scales[0] * float(10.0 ** rng.uniform(*self.ratio)) if source.scales else None
        output = activation(rng, dtype, shape, scale=scale)
        if dtype == "int8" and self.output is not None:
            output = dataclasses.replace(output, scales=self.output[:1], zero_points=self.output[1:])
        if dtype == "int16" and self.output_16 is not None:
            output = dataclasses.replace(output, scales=(self.output_16,))
        if self.same_quantization or number % 8 == 7:
            output = output if self.output is not None else source
        operator = OperatorSpec(
            op=self.operator,
            inputs=(0,),
            outputs=(1,),
            options=self.options,
            fields=self.fields(rng, number),
            version=self.version,
        )
        return Single(operator=operator, tensors=(source, output))

    def test_a_table_equals_the_reference_kernel_for_every_input(self, tmp_path: Path) -> None:
        del tmp_path
        if "int8" not in self.dtypes:
            return
        codes = np.arange(-128, 128, dtype=np.int8)
        for single in self.singles("int8", self.cases_on_host):
            tensors = tuple(dataclasses.replace(tensor, shape=(256,)) for tensor in single.tensors)
            model = pack([dataclasses.replace(single, tensors=tensors)])
            graph = read_model(model, name="table")
            layer = parse_layer(graph.nodes[0], graph)
            (table,) = choose_variant(layer, frozenset()).lower(layer).constants
            accepted = self.admissible(0, tensors[0].zero_points[0], codes)
            wanted = Golden(model).outputs([accepted])[0]
            assert np.array_equal(table.values[accepted.astype(np.int64) + 128], wanted)


class BinaryContract(PackedContract):
    """A function of two inputs, broadcast in six ways; one of them is constant in each fourth case."""

    options: ClassVar[str] = ""
    version: ClassVar[int] = 2
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "int16", "float32")
    beside_int16: ClassVar[str] = "int16"  # type of the second operand where the first is int16
    may_swap: ClassVar[bool] = True  # whether the first operand may be the broadcast one
    shapes: ClassVar[tuple[Callable[[int, int, int], Shapes], ...]] = SHAPES
    output_dtype: ClassVar[str | None] = None  # where it is not that of the inputs
    second_scale: ClassVar[tuple[float, float]] = (-3.0, 3.0)  # to the first, powers of ten
    highest_scale: ClassVar[float] = 3.0

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        """Return the fields of the operator's options."""
        del rng, number
        return {}

    def output_scale(self, rng: np.random.Generator, first: float, second: float) -> float:
        """Return the scale of an int8 output from those of the inputs."""
        return max(first, second) * float(10.0 ** rng.uniform(-1.0, 2.0))

    def constant(self, rng: np.random.Generator, tensor: TensorSpec) -> Array:
        """Return values for a constant operand."""
        reach = REACH.get(tensor.dtype)
        values = rng.normal(size=tensor.shape) if reach is None else rng.integers(*reach, size=tensor.shape)
        return values.astype(tensor.dtype)

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        height, width = (int(n) for n in rng.integers(2, 7, size=2))
        first_shape, second_shape = self.shapes[number % len(self.shapes)](height, width, depth)
        scale = float(10.0 ** rng.uniform(-3.0, np.log10(self.highest_scale)))
        a = activation(rng, dtype, first_shape, scale=scale)
        second = min(self.highest_scale, scale * float(10.0 ** rng.uniform(*self.second_scale)))
        b = activation(rng, self.beside_int16 if dtype == "int16" else dtype, second_shape, scale=second)
        if self.second_scale == (0.0, 0.0):
            b = dataclasses.replace(b, zero_points=a.zero_points)
        inputs: tuple[int, ...] = (0, 1)
        if number % 4 == 3:
            b = dataclasses.replace(b, data=self.constant(rng, b))
            inputs = ((0, 1), (1, 0))[number % 8 == 7 and self.may_swap]
        shape = tuple(np.broadcast_shapes(first_shape, second_shape))
        if self.output_dtype is not None:
            output = TensorSpec(shape=shape, dtype=self.output_dtype)
        else:
            output = activation(rng, dtype, shape, scale=self.output_scale(rng, scale, second))
        if self.second_scale == (0.0, 0.0) and self.output_dtype is None:
            output = dataclasses.replace(a, shape=shape)
        operator = OperatorSpec(
            op=self.operator,
            inputs=inputs,
            outputs=(2,),
            options=self.options,
            fields=self.fields(rng, number),
            version=self.version,
        )
        return Single(operator=operator, tensors=(a, b, output))


class ComparisonContract(BinaryContract):
    """A comparison: scales are below 1, and equal in every second case, so that operands are often equal."""

    version = 1
    output_dtype = "bool"
    second_scale = (0.0, 0.0)
    highest_scale = 0.9

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        a, b, output = single.tensors
        if dtype == "int8" and number % 2:
            other = activation(rng, dtype, b.shape, scale=min(0.9, b.scales[0] * float(10.0 ** rng.uniform(-1.0, 1.0))))
            b = dataclasses.replace(b, scales=other.scales, zero_points=other.zero_points)
        return dataclasses.replace(single, tensors=(a, b, output))
