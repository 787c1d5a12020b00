# SPDX-License-Identifier: Apache-2.0
"""A model cut where the reference kernels lack an operator, so that all others still run in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.reference.schema import schema

REFERENCE = "BUILTIN_REF"
OTHER = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a model, as a model: tensors keep their numbers; ``writes`` are all that it makes."""

    model: bytes
    kernels: str
    inputs: tuple[int, ...]
    writes: frozenset[int]


def split(model: bytes) -> tuple[Segment, ...]:
    """Return the segments in order of execution: none where the reference kernels have all operators, or where the
    model has state, which segments would not share.

    The reference lacks ELU and version 3 of TILE (int8), and adds SUM of int8 and int16 as if it were uint8.
    """
    s = schema()
    unpacked = s.ModelT.InitFromObj(s.Model.GetRootAs(model))
    graph = unpacked.subgraphs[0]
    lacking = [_is_lacking(s, unpacked, operator) for operator in graph.operators]
    has_state = len(unpacked.subgraphs) > 1 or any(tensor.isVariable for tensor in graph.tensors)
    if not any(lacking) or has_state:
        return ()
    results = set(_numbers(graph.outputs))
    given = set(_numbers(graph.inputs))
    operators, codes = list(graph.operators), list(unpacked.operatorCodes)
    made = given | {number for operator in operators for number in _numbers(operator.outputs)}
    segments: list[Segment] = []
    end = 0
    for other, members in groupby(lacking):
        start, end = end, end + len(list(members))
        part = operators[start:end]
        writes = {number for operator in part for number in _numbers(operator.outputs)}
        reads = {number for operator in part for number in _numbers(operator.inputs)} & made
        later = {number for operator in operators[end:] for number in _numbers(operator.inputs)}
        inputs = tuple(sorted(reads - writes))
        used = sorted({operator.opcodeIndex for operator in part})
        unpacked.operatorCodes = [codes[number] for number in used]
        for operator in part:
            operator.opcodeIndex = used.index(operator.opcodeIndex)
        graph.operators = part
        graph.inputs = list(inputs)
        graph.outputs = sorted(writes & (later | results)) or sorted(writes)
        unpacked.signatureDefs = None
        segments.append(
            Segment(
                model=_packed(unpacked), kernels=OTHER if other else REFERENCE, inputs=inputs, writes=frozenset(writes)
            )
        )
    return tuple(segments)


def _is_lacking(s: Any, model: Any, operator: Any) -> bool:
    code = model.operatorCodes[operator.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    if number == s.BuiltinOperator.ELU or (number == s.BuiltinOperator.TILE and code.version >= 3):
        return True
    source = model.subgraphs[0].tensors[_numbers(operator.inputs)[0]] if len(_numbers(operator.inputs)) else None
    return bool(
        number == s.BuiltinOperator.SUM
        and source is not None
        and source.type in {s.TensorType.INT8, s.TensorType.INT16}
    )


def _numbers(values: Sequence[int] | None) -> list[int]:
    return [] if values is None else [int(value) for value in values if value >= 0]


def _packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
