# SPDX-License-Identifier: Apache-2.0
"""The contract of an operator: compiled code equals the TFLite reference kernel, on the host and on emulated cores.

A test module of an operator subclasses ``OperatorContract`` and says how to make its cases:

    class TestConv2D(OperatorContract):
        operator = "CONV_2D"

        def case(self, rng, dtype, number):
            return single_operator(...)

Cases are compiled together, one program for an operator, a type and a board.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import UnsupportedModel
from harness.ops import supported_operators
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.host import Array, build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.testing.mutation import break_layer

EDGE_CHANNELS = (1, 2, 3, 5, 7, 8, 9, 16)
HOST = "host"
_FEWER_ON_BOARDS = {"int16", "hybrid"}  # a third of the others' cases: their loops are those of int8 and float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A model of one operator, and what it was rendered to."""

    name: str
    model: bytes
    rendered: RenderedModel


class OperatorContract:
    """Subclass it in ``tests/ops/test_<operator>.py``; every attribute may be overridden."""

    operator: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "float32")
    boards: ClassVar[tuple[str, ...]] = (HOST, "mps2_an386", "riscv32_virt")
    cases_on_host: ClassVar[int] = 24
    cases_on_boards: ClassVar[int] = 6
    many_cases: ClassVar[int] = 300  # of a type on the host, in the slow tests
    inputs_per_case: ClassVar[int] = 6
    seed: ClassVar[int] = 1

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        """Return a model of one operator, number 0, 1, 2, ... of its type; draw every choice from ``rng``."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "dtype" in metafunc.fixturenames:
            metafunc.parametrize("dtype", self.dtypes)
        if "board" in metafunc.fixturenames:
            metafunc.parametrize("board", self.boards)

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        """Return the inputs of all cases for one step; override it where the reference kernel refuses some."""
        return standard_feeds(cases, step)

    def models(self, dtype: str, count: int) -> list[bytes]:
        """Return the first ``count`` cases of a type; each has its own generator, so that none depends on another."""
        key = zlib.crc32(f"{self.operator} {dtype}".encode())
        return [self.case(np.random.default_rng((self.seed, key, k)), dtype, k) for k in range(count)]

    def cases(self, board: str, count: int) -> list[Case]:
        """Return the first ``count`` cases of every type, rendered for a board; on boards some types have a third."""
        counts = {
            dtype: -(-count // 3) if board != HOST and dtype in _FEWER_ON_BOARDS else count for dtype in self.dtypes
        }
        models = [
            (f"{dtype} case {k}", m) for dtype in self.dtypes for k, m in enumerate(self.models(dtype, counts[dtype]))
        ]
        return [
            Case(name=name, model=model, rendered=render_case(model, number, board))
            for number, (name, model) in enumerate(models)
        ]

    def test_it_has_a_module_of_its_own(self) -> None:
        assert self.operator in supported_operators()

    def test_every_case_equals_the_reference_kernel(self, board: str, tmp_path: Path) -> None:
        if board != HOST and (reason := missing_tools(board)):
            pytest.skip(reason)
        cases = self.cases(board, self.cases_on_host if board == HOST else self.cases_on_boards)
        batch = merge([case.rendered for case in cases])
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        if board == HOST:
            outputs = [run.outputs for run in build_host(batch, tmp_path, with_layers=False).run(sets)]
        else:
            outputs = run_on_board(batch, board, tmp_path, sets)
        differing = [differing_cases(cases, inputs, got) for inputs, got in zip(sets, outputs, strict=True)]
        assert differing == [{}] * self.inputs_per_case

    @pytest.mark.slow
    def test_hundreds_of_cases_equal_the_reference_kernel(self, tmp_path: Path) -> None:
        cases = self.cases(HOST, self.many_cases)
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        runs = build_host(merge([case.rendered for case in cases]), tmp_path, with_layers=False).run(sets)
        differing = [differing_cases(cases, inputs, run.outputs) for inputs, run in zip(sets, runs, strict=True)]
        assert differing == [{}] * self.inputs_per_case

    def test_the_same_case_is_emitted_with_the_same_bytes(self, dtype: str) -> None:
        for model in self.models(dtype, 2):
            assert render_case(model, 0, HOST).files == render_case(model, 0, HOST).files

    def test_one_changed_constant_is_noticed_in_every_case(self, tmp_path: Path) -> None:
        cases = self.cases(HOST, 6)
        batch = merge([break_layer(case.rendered, 0) for case in cases])
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        runs = build_host(batch, tmp_path, flags=("-O0",), with_layers=False).run(sets)
        noticed = {
            name for inputs, run in zip(sets, runs, strict=True) for name in differing_cases(cases, inputs, run.outputs)
        }
        assert noticed == {case.name for case in cases}

    def test_a_version_that_is_too_new_is_refused_by_name(self, dtype: str) -> None:
        model = with_version(self.models(dtype, 1)[0], 99)
        with pytest.raises(UnsupportedModel, match=f"{self.operator} version 99 \\(operator 0 of the model"):
            render_case(model, 0, HOST)


def single_operator(
    operator: OperatorSpec, tensors: Sequence[TensorSpec], *, inputs: Sequence[int], output: int
) -> bytes:
    """Return a model of one operator; ``inputs`` are the tensors that are fed, ``output`` the one that is read."""
    return build_model(tensors, [operator], inputs=inputs, outputs=[output])


def with_version(model: bytes, version: int) -> bytes:
    """Return a model with another version in all its operator codes."""
    import flatbuffers

    from harness.reference.schema import schema

    s = schema()
    unpacked = s.ModelT.InitFromObj(s.Model.GetRootAs(model))
    for code in unpacked.operatorCodes:
        code.version = version
    builder = flatbuffers.Builder(1024)
    builder.Finish(unpacked.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def render_case(model: bytes, number: int, board: str) -> RenderedModel:
    return RUNTIME.render(model, load_board(board), name=f"case_{number}")


def standard_feeds(cases: Sequence[Case], step: int) -> list[Array]:
    """Return the inputs of all cases for one step: the pattern, the extremes, the zero point, then random ones.

    Floats have a not-a-number, infinities and the like among the pattern.
    """
    ports = [port for case in cases for port in case.rendered.inputs]
    finite = [case.name.startswith("hybrid") for case in cases for _ in case.rendered.inputs]  # quantized when run
    arrays = [
        standard_inputs(port.dtype, port.shape, port.zero_point, count=max(5, step + 1))[step][1] for port in ports
    ]
    return [
        _with_specials(array) if step == 0 and array.dtype.kind == "f" and not only_finite else array
        for array, only_finite in zip(arrays, finite, strict=True)
    ]


def _with_specials(array: Array) -> Array:
    """Put a not-a-number, infinities, a negative zero and a denormal among the values."""
    flat = np.array(array, dtype=np.float32).reshape(-1)
    specials = np.array([-0.0, 1e-40, np.inf, -np.inf, np.nan], dtype=np.float32)
    places = np.arange(len(specials)) * 17 + 5
    inside = places < flat.size
    flat[places[inside]] = specials[inside]
    return flat.reshape(array.shape)


def differing_cases(cases: Sequence[Case], inputs: Sequence[Array], got: Sequence[Array]) -> dict[str, str]:
    """Return name and description of each case whose outputs differ from the reference's."""
    found: dict[str, str] = {}
    feeds, results = iter(inputs), iter(got)
    for case in cases:
        for wanted in Golden(case.model).outputs([next(feeds) for _ in case.rendered.inputs]):
            comparison = compare(next(results), wanted)
            if not comparison.equal:
                found[case.name] = comparison.describe()
    return found
