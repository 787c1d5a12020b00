# SPDX-License-Identifier: Apache-2.0
"""The contract of small operators: many of them in one model, each with inputs and an output of its own.

A program for hundreds of cases is then compiled from a handful of files.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from harness.reference import Golden, compare
from harness.testing.batch import merge
from harness.testing.host import Array, build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.testing.mutation import break_layer
from harness.testing.operators import HOST, Case, OperatorContract, render_case, standard_feeds

_PACK = 12  # operators of a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One operator: its tensors, numbered as its operands and then its output; those without data are fed."""

    operator: OperatorSpec
    tensors: tuple[TensorSpec, ...]

    @property
    def fed(self) -> tuple[int, ...]:
        return tuple(k for k in dict.fromkeys(self.operator.inputs) if k != -1 and self.tensors[k].data is None)


class PackedContract(OperatorContract):
    """Subclass it like ``OperatorContract``, and say how to make one operator instead of one model."""

    boards: ClassVar[tuple[str, ...]] = (HOST,)
    samples: ClassVar[int] = 2
    float_reach: ClassVar[float] = 8.0  # by which floats are multiplied in every second step

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        """Return the operator of case 0, 1, 2, ... of a type; draw every choice from ``rng``."""
        raise NotImplementedError

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        """Return the inputs of an operand with what the reference kernel refuses replaced by the nearest it accepts."""
        del operand, zero_point
        return values

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        return pack([self.single(rng, dtype, number)])

    def singles(self, dtype: str, count: int) -> list[Single]:
        """Return the first ``count`` operators of a type; each has its own generator."""
        key = zlib.crc32(f"{self.operator} {dtype}".encode())
        return [self.single(np.random.default_rng((self.seed, key, k)), dtype, k) for k in range(count)]

    def cases(self, board: str, counts: int | Mapping[str, int], *, first: int = 0) -> list[Case]:
        """Return packed cases of every type, their names numbered from ``first``."""
        found: list[Case] = []
        for dtype in self.dtypes:
            count = counts if isinstance(counts, int) else counts[dtype]
            singles = self.singles(dtype, count)
            for start in range(0, count, _PACK):
                packed = singles[start : start + _PACK]
                model = pack(packed)
                found.append(
                    Case(
                        name=f"{dtype} cases from {start}",
                        model=model,
                        rendered=render_case(model, first + len(found), board),
                        operands=tuple(operand for single in packed for operand in single.fed),
                    )
                )
        return found

    def feeds(self, cases: Sequence[Case], step: int) -> list[Array]:
        operands = [operand for case in cases for operand in case.operands]
        ports = [port for case in cases for port in case.rendered.inputs]
        found: list[Array] = []
        for operand, port, values in zip(operands, ports, standard_feeds(cases, step), strict=True):
            is_wide = values.dtype == np.float32 and step % 2
            reach = values.astype(np.float32) * np.float32(self.float_reach) if is_wide else values
            found.append(self.admissible(operand, port.zero_point or 0, reach))
        return found

    def differing(
        self, cases: Sequence[Case], sets: Sequence[Sequence[Array]], outputs: Sequence[Sequence[Array]]
    ) -> dict[str, str]:
        """Return each pack with an output that differs, and which of its outputs do."""
        numbers = {k for feeds, got in zip(sets, outputs, strict=True) for k in differing_outputs(cases, feeds, got)}
        places = [(case.name, k) for case in cases for k, _ in enumerate(case.rendered.outputs)]
        found: dict[str, str] = {}
        for name, k in (places[number] for number in sorted(numbers)):
            found[name] = f"{found[name]}, {k}" if name in found else f"outputs {k}"
        return found

    def test_one_changed_constant_is_noticed_in_every_case(self, tmp_path: Path) -> None:
        cases = self.cases(HOST, 6)
        broken = [case.rendered for case in cases]
        for layer in range(6):
            broken = [break_layer(rendered, layer) for rendered in broken]
        sets = [self.feeds(cases, step) for step in range(self.inputs_per_case)]
        runs = build_host(merge(broken), tmp_path, flags=("-O0",), with_layers=False).run(sets)
        noticed = {
            k for feeds, run in zip(sets, runs, strict=True) for k in differing_outputs(cases, feeds, run.outputs)
        }
        assert noticed == set(range(6 * len(cases)))


def pack(singles: Sequence[Single]) -> bytes:
    """Return one model of several operators that do not know each other."""
    tensors: list[TensorSpec] = []
    operators: list[OperatorSpec] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for single in singles:
        first = len(tensors)
        shifted = tuple(-1 if k == -1 else first + k for k in single.operator.inputs)
        outputs.append(first + len(single.tensors) - 1)
        operators.append(dataclasses.replace(single.operator, inputs=shifted, outputs=(outputs[-1],)))
        inputs += [first + k for k in single.fed]
        tensors += single.tensors
    return build_model(tensors, operators, inputs=inputs, outputs=outputs)


def differing_outputs(cases: Sequence[Case], inputs: Sequence[Array], got: Sequence[Array]) -> set[int]:
    """Return the numbers of the outputs, over all cases, that differ from the reference's."""
    feeds = iter(inputs)
    wanted = [
        output for case in cases for output in Golden(case.model).outputs([next(feeds) for _ in case.rendered.inputs])
    ]
    return {k for k, (a, b) in enumerate(zip(got, wanted, strict=True)) if not compare(a, b).equal}
