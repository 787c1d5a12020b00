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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeAlias

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
CASES = "cases"  # property of a test's report
RecordProperty: TypeAlias = Callable[[str, object], None]
SAMPLED = ("mps2_an386", "riscv32_virt")
_FEWER_ON_BOARDS = {"int16", "hybrid"}  # a third of the others' cases: their loops are those of int8 and float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A model of one operator, or of several that do not know each other, and what it was rendered to.

    ``operands`` are, for each input of a model of several, which operand of its operator that is.
    """

    name: str
    model: bytes
    rendered: RenderedModel
    operands: tuple[int, ...] = ()


class OperatorContract:
    """Subclass it in ``tests/ops/test_<operator>.py``; every attribute may be overridden."""

    operator: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]] = ("int8", "float32")
    boards: ClassVar[tuple[str, ...]] = (HOST, "mps2_an386", "riscv32_virt")
    cases_on_host: ClassVar[int] = 24
    cases_on_boards: ClassVar[int] = 6
    samples: ClassVar[int] = 0  # of a type on each of ``SAMPLED``, in programs that several operators share
    many_cases: ClassVar[int] = 300  # of a type on the host, in the slow tests
    cores: ClassVar[tuple[str, ...]] = ("mps2_an386", "riscv32_virt", "xtensa_lx106_sim")
    many_on_cores: ClassVar[int] = 24  # of a type on each of them, in the slow tests
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
        if "core" in metafunc.fixturenames:
            metafunc.parametrize("core", self.cores)

    @classmethod
    def quick_cases(cls, dtype: str, board: str) -> int:
        """Return how many cases of a type ``test_every_case_equals_the_reference_kernel`` runs on a board."""
        if board not in cls.boards:
            return 0
        if board == HOST:
            return cls.cases_on_host
        return -(-cls.cases_on_boards // 3) if dtype in _FEWER_ON_BOARDS else cls.cases_on_boards

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        """Return the inputs of all cases for one step; override it where the reference kernel refuses some."""
        return standard_feeds(cases, step)

    def models(self, dtype: str, count: int) -> list[bytes]:
        """Return the first ``count`` cases of a type; each has its own generator, so that none depends on another."""
        key = zlib.crc32(f"{self.operator} {dtype}".encode())
        return [self.case(np.random.default_rng((self.seed, key, k)), dtype, k) for k in range(count)]

    def cases(self, board: str, counts: int | Mapping[str, int], *, first: int = 0) -> list[Case]:
        """Return the first cases of every type, rendered for a board, their names numbered from ``first``.

        ``counts`` is how many of each type, or of all of them.
        """
        models = [
            (f"{dtype} case {k}", model)
            for dtype in self.dtypes
            for k, model in enumerate(self.models(dtype, counts if isinstance(counts, int) else counts[dtype]))
        ]
        return [
            Case(name=name, model=model, rendered=render_case(model, first + number, board))
            for number, (name, model) in enumerate(models)
        ]

    def differing_on_host(self, cases: Sequence[Case], folder: Path) -> dict[str, str]:
        """Do ``differing_on`` on the host, with sanitizers."""
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        runs = build_host(merge([case.rendered for case in cases]), folder, with_layers=False).run(sets)
        return self.differing(cases, sets, [run.outputs for run in runs])

    def differing_on(self, board: str, cases: Sequence[Case], folder: Path) -> dict[str, str]:
        """Run cases on an emulated core; return name and description of each that differs from the reference."""
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        outputs = run_on_board(merge([case.rendered for case in cases]), board, folder, sets)
        return self.differing(cases, sets, outputs)

    def differing(
        self, cases: Sequence[Case], sets: Sequence[Sequence[Array]], outputs: Sequence[Sequence[Array]]
    ) -> dict[str, str]:
        """Return name and description of each case that differs from the reference in one of the steps."""
        found: dict[str, str] = {}
        for inputs, got in zip(sets, outputs, strict=True):
            found |= differing_cases(cases, inputs, got)
        return found

    def test_it_has_a_module_of_its_own(self) -> None:
        assert self.operator in supported_operators()

    def test_every_case_equals_the_reference_kernel(
        self, board: str, tmp_path: Path, record_property: RecordProperty
    ) -> None:
        if board != HOST and (reason := missing_tools(board)):
            pytest.skip(reason)
        counts = {dtype: self.quick_cases(dtype, board) for dtype in self.dtypes}
        cases = self.cases(board, counts)
        differing = self.differing_on_host if board == HOST else partial(self.differing_on, board)
        assert differing(cases, tmp_path) == {}
        self.tell(record_property, board, counts)

    @pytest.mark.slow
    def test_hundreds_of_cases_equal_the_reference_kernel(
        self, tmp_path: Path, record_property: RecordProperty
    ) -> None:
        assert self.differing_on_host(self.cases(HOST, self.many_cases), tmp_path) == {}
        self.tell(record_property, HOST, self.many_cases)

    @pytest.mark.slow
    def test_dozens_of_cases_on_an_emulated_core_equal_the_reference_kernel(
        self, core: str, tmp_path: Path, record_property: RecordProperty
    ) -> None:
        if reason := missing_tools(core):
            pytest.skip(reason)
        assert self.differing_on(core, self.cases(core, self.many_on_cores), tmp_path) == {}
        self.tell(record_property, core, self.many_on_cores)

    def tell(self, record_property: RecordProperty, board: str, counts: int | Mapping[str, int]) -> None:
        """Let pytest's report of a test hold how many cases of each type it compared; the summary adds them up."""
        for dtype in self.dtypes:
            count = counts if isinstance(counts, int) else counts[dtype]
            record_property(CASES, (self.operator, dtype, board, count))

    def test_the_same_case_is_emitted_with_the_same_bytes(self, dtype: str) -> None:
        for model in self.models(dtype, 2):
            assert render_case(model, 0, HOST).files == render_case(model, 0, HOST).files

    def test_one_changed_constant_is_noticed_in_every_case(self, tmp_path: Path) -> None:
        cases = self.cases(HOST, 6)
        batch = merge([break_layer(case.rendered, 0) for case in cases])
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        runs = build_host(batch, tmp_path, flags=("-O0",), with_layers=False).run(sets)
        noticed = self.differing(cases, sets, [run.outputs for run in runs])
        assert set(noticed) == {case.name for case in cases}

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
