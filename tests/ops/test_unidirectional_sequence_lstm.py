# SPDX-License-Identifier: Apache-2.0
"""UNIDIRECTIONAL_SEQUENCE_LSTM: sequences of several lengths, every scale of the cell state, clipped or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from harness.errors import UnsupportedModel
from harness.reference import Golden, compare
from harness.testing.batch import merge
from harness.testing.host import Array, build_host
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS, HOST, Case, RecordProperty, render_case, single_operator
from harness.testing.stateful import StatefulContract, finite_feeds

_WEIGHTS = range(1, 9)
_BIASES = range(12, 16)
_OUTPUT_STATE, _CELL_STATE, _OPERANDS = 18, 19, 24


@dataclasses.dataclass(frozen=True)
class Lstm:
    """A layer: its tensors by position of the operand, its output, its intermediate tensors and its options."""

    operands: dict[int, TensorSpec]
    output: TensorSpec
    intermediates: tuple[TensorSpec, ...] = ()
    fields: dict[str, int | float | bool] = dataclasses.field(default_factory=dict)

    def model(self, version: int = 1) -> bytes:
        tensors = [*self.operands.values(), *self.intermediates, self.output]
        numbers = {position: number for number, position in enumerate(self.operands)}
        first = len(self.operands)
        operator = OperatorSpec(
            op="UNIDIRECTIONAL_SEQUENCE_LSTM",
            inputs=tuple(numbers.get(position, -1) for position in range(_OPERANDS)),
            outputs=(len(tensors) - 1,),
            intermediates=tuple(range(first, first + len(self.intermediates))),
            options="UnidirectionalSequenceLSTMOptions",
            fields=self.fields,
            version=version,
        )
        return single_operator(operator, tensors, inputs=[numbers[0]], output=len(tensors) - 1)


def layer(rng: np.random.Generator, dtype: str, number: int) -> Lstm:
    """Return a layer with everything drawn."""
    cells = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
    inputs = int(rng.choice([1, 2, 3, 5, 8, 17]))
    batch = 1 if number % 5 else int(rng.integers(1, 4))
    time_major = number % 3 == 2
    steps = int(rng.integers(1, 7))
    lead = (steps, batch) if time_major else (batch, steps)
    fields: dict[str, int | float | bool] = {"fusedActivationFunction": 4, "timeMajor": time_major}
    if number % 4 == 3:
        fields["cellClip"] = float(np.float32(rng.uniform(0.2, 2.0)))
    if dtype == "int8":
        return _integer(rng, (*lead, inputs), cells, batch, number, fields)
    weights = _weights(rng, cells, inputs, "int8" if dtype == "hybrid" else dtype)
    operands = {
        0: TensorSpec(shape=(*lead, inputs), dtype="float32"),
        **weights,
        **{k: TensorSpec(shape=(cells,), dtype="float32", data=_normal(rng, cells)) for k in _BIASES},
        _OUTPUT_STATE: TensorSpec(shape=(batch, cells), dtype="float32", is_variable=True),
        _CELL_STATE: TensorSpec(shape=(batch, cells), dtype="float32", is_variable=True),
    }
    if dtype == "hybrid":
        fields["asymmetricQuantizeInputs"] = number % 2 == 0
    return Lstm(operands, TensorSpec(shape=(*lead, cells), dtype="float32"), fields=fields)


def _integer(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    cells: int,
    batch: int,
    number: int,
    fields: dict[str, int | float | bool],
) -> Lstm:
    """Return a layer of int8; each sixth drives its gates far out, another sixth hardly moves them."""
    factor = {4: 30.0, 5: 0.01}.get(number % 6, 1.0)
    input_scale = float(np.float32(rng.uniform(0.005, 0.05) * factor))
    state = TensorSpec(
        shape=(batch, cells),
        scales=(float(np.float32(rng.uniform(0.002, 0.009))),),
        zero_points=(int(rng.choice([-128, -3, 0, 17, 127])),),
    )
    cell_scale = 2.0 ** -(9 + number % 7)
    weights = _weights(rng, cells, shape[2], "int8")
    bias = (_integers(rng, cells, 4 * int(0.5 / (input_scale * 0.004)) + 1) for _ in _BIASES)
    operands = {
        0: TensorSpec(shape=shape, scales=(input_scale,), zero_points=(int(rng.choice([-128, -5, 0, 90, 127])),)),
        **weights,
        **{k: TensorSpec(shape=(cells,), dtype="int32", data=values) for k, values in zip(_BIASES, bias, strict=True)},
        _OUTPUT_STATE: dataclasses.replace(state, is_variable=True),
        _CELL_STATE: TensorSpec(shape=(batch, cells), dtype="int16", scales=(cell_scale,), is_variable=True),
    }
    empty = TensorSpec(shape=(0,), dtype="float32")
    hidden = dataclasses.replace(state, shape=(0,))
    output = dataclasses.replace(state, shape=(*shape[:2], cells))
    return Lstm(operands, output, (empty, empty, empty, empty, hidden), fields)


def _weights(rng: np.random.Generator, cells: int, inputs: int, dtype: str) -> dict[int, TensorSpec]:
    found: dict[int, TensorSpec] = {}
    for position in _WEIGHTS:
        shape = (cells, inputs if position < 5 else cells)
        if dtype == "float32":
            found[position] = TensorSpec(shape=shape, dtype=dtype, data=_normal(rng, *shape))
        else:
            data = rng.integers(-127, 128, size=shape).astype(np.int8)
            found[position] = TensorSpec(shape=shape, data=data, scales=(float(np.float32(rng.uniform(0.002, 0.02))),))
    return found


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(scale=0.6, size=shape).astype(np.float32)


def _integers(rng: np.random.Generator, count: int, reach: int) -> np.ndarray:
    return rng.integers(-reach, reach, size=count).astype(np.int32)


class TestUnidirectionalSequenceLstm(StatefulContract):
    operator = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        return layer(rng, dtype, number).model(version=3 if dtype == "hybrid" else 1)

    def differs(self, dtype: str, folder: Path) -> dict[str, float]:
        """Return by how much the cases of one type differ that do, of ``many_cases``."""
        models = self.models(dtype, self.many_cases)
        cases = [Case(name=f"{k}", model=m, rendered=render_case(m, k, HOST)) for k, m in enumerate(models)]
        program = build_host(merge([case.rendered for case in cases]), folder, flags=("-O1",), with_layers=False)
        sets = [self.feeds(cases, step) for step in range(self.steps)]
        found: dict[str, float] = {}
        got = [run.outputs for run in program.run(sets, keeps_state=True)]
        for number, case in enumerate(cases):
            answers = Golden(case.model).sequence([[step[number]] for step in sets])
            for step, (wanted,) in zip(got, answers, strict=True):
                comparison = compare(step[number], wanted)
                if not comparison.equal:
                    found[case.name] = max(found.get(case.name, 0.0), comparison.largest)
        return found

    @pytest.mark.slow
    def test_hundreds_of_cases_equal_the_reference_kernel(
        self, tmp_path: Path, record_property: RecordProperty
    ) -> None:
        """A hybrid layer quantizes its answer for the next step: where that rounds the other way, it shows."""
        for dtype in ("int8", "float32"):
            assert self.differs(dtype, tmp_path / dtype) == {}
        hybrid = self.differs("hybrid", tmp_path / "hybrid")
        assert len(hybrid) <= self.many_cases // 50
        assert all(largest < 0.01 for largest in hybrid.values())
        self.tell(record_property, HOST, self.many_cases)

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        return finite_feeds(cases, step)


def plain(dtype: str = "float32") -> Lstm:
    return layer(np.random.default_rng(1), dtype, 1)


def changed(found: Lstm, position: int, **changes: object) -> Lstm:
    """Return a layer with one operand changed; it is there afterwards."""
    before = found.operands.get(position, found.operands[_BIASES[0]])
    after = dataclasses.replace(before, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(found, operands={**found.operands, position: after})


def without(found: Lstm, *positions: int) -> Lstm:
    return dataclasses.replace(found, operands={k: v for k, v in found.operands.items() if k not in positions})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (changed(plain(), 9), "peephole weights cannot be generated"),
        (changed(plain(), 17), "a projection cannot be generated"),
        (changed(plain(), 21), "layer normalization cannot be generated"),
        (without(plain(), 1, 5, 12), "an input gate coupled to the forget gate"),
        (without(plain(), 14), "its input, a weight, a bias or a state is missing"),
        (dataclasses.replace(plain(), fields={"fusedActivationFunction": 1}), "its activation must be tanh"),
        (
            dataclasses.replace(plain(), fields={"fusedActivationFunction": 4, "cellClip": -1.0}),
            r"its cell is clipped at -1\.0",
        ),
        (
            dataclasses.replace(plain(), fields={"fusedActivationFunction": 4, "diagonalRecurrentTensors": True}),
            "diagonal recurrent weights",
        ),
        (
            changed(plain(), _CELL_STATE, is_variable=False, data=np.zeros((1, 2), np.float32)),
            "its cell state must be a variable",
        ),
        (changed(plain(), _OUTPUT_STATE, shape=(1, 77)), "its output state must be float32 with 2 elements"),
        (changed(plain(), 13, data=np.zeros(5, np.float32), shape=(5,)), r"its biases must have shape \(2,\)"),
        (changed(plain("int8"), _CELL_STATE, scales=(0.001,)), "no power of two from 2\\^-15 to 2\\^-9"),
        (changed(plain("int8"), _CELL_STATE, scales=(2.0**-8,)), "no power of two"),
        (changed(plain("int8"), 3, scales=()), "must have one scale and the zero point 0"),
        (dataclasses.replace(plain("int8"), intermediates=()), "it must have five intermediate tensors"),
    ],
)
def test_what_keras_does_not_make_is_refused_by_name(found: Lstm, message: str) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        render_case(found.model(), 0, HOST)
