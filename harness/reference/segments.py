# SPDX-License-Identifier: Apache-2.0
"""A model cut where the reference kernels lack an operator, so that all others still run in them.

It is cut before an operator that may stop the whole process, too, so that what it reads can be looked at first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import UnsupportedModel
from harness.reference.schema import schema

REFERENCE = "BUILTIN_REF"
OTHER = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
_LARGEST_SUM = 511  # of the exponentials of an int8 softmax: the reference stops the process at 512


@dataclass(frozen=True, slots=True, kw_only=True)
class WideSoftmax:
    """An int8 softmax whose rows are so long that their sum may stop the process."""

    source: int  # the tensor's number
    factor: float  # of a difference of stored numbers, in the exponent

    def stops(self, values: NDArray[np.generic]) -> bool:
        """Say whether the reference would end the process for these values."""
        rows = values.astype(np.float64)
        sums = np.exp(self.factor * (rows - rows.max(axis=-1, keepdims=True))).sum(axis=-1)
        return bool(sums.max() > _LARGEST_SUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a model, as a model: tensors keep their numbers; ``writes`` are all that it makes."""

    model: bytes
    kernels: str
    inputs: tuple[int, ...]
    writes: frozenset[int]
    begins_with: WideSoftmax | None = None


def split(model: bytes) -> tuple[Segment, ...]:
    """Return the segments in order of execution: none where the reference kernels have all operators, or where the
    model has state, which segments would not share.

    The reference lacks ELU and version 3 of TILE (int8), and adds SUM of int8 and int16 as if it were uint8. Raises
    UnsupportedModel where a model with state may stop the process.
    """
    s = schema()
    unpacked = s.ModelT.InitFromObj(s.Model.GetRootAs(model))
    graph = unpacked.subgraphs[0]
    lacking = [_is_lacking(s, unpacked, operator) for operator in graph.operators]
    wide = [_wide_softmax(s, unpacked, operator) for operator in graph.operators]
    has_state = len(unpacked.subgraphs) > 1 or any(tensor.isVariable for tensor in graph.tensors)
    if has_state and any(wide):
        raise UnsupportedModel(
            f"an int8 softmax over more than {_LARGEST_SUM} values can stop the reference kernel, and "
            "a model with state cannot be cut before it",
            hint="Leave the softmax out of the model, or keep it in float32.",
        )
    if not (any(lacking) or any(wide)) or has_state:
        return ()
    cuts = accumulate(softmax is not None for softmax in wide)
    lengths = [len(list(members)) for _, members in groupby(zip(lacking, cuts, strict=True))]
    operators, codes = list(graph.operators), list(unpacked.operatorCodes)
    made = {*_numbers(graph.inputs), *_written(operators)}
    results = set(_numbers(graph.outputs))
    segments: list[Segment] = []
    for end, length in zip(accumulate(lengths), lengths, strict=True):
        start = end - length
        part, needed = operators[start:end], results | _read(operators[end:])
        inputs, writes = _read(part) & made - _written(part), _written(part)
        segments.append(
            Segment(
                model=_model_of(part, unpacked, codes, inputs, (writes & needed) or writes),
                kernels=OTHER if lacking[start] else REFERENCE,
                inputs=tuple(sorted(inputs)),
                writes=frozenset(writes),
                begins_with=wide[start],
            )
        )
    return tuple(segments)


def _read(operators: Sequence[Any]) -> set[int]:
    return {number for operator in operators for number in _numbers(operator.inputs)}


def _written(operators: Sequence[Any]) -> set[int]:
    return {number for operator in operators for number in _numbers(operator.outputs)}


def _model_of(part: Sequence[Any], model: Any, codes: Sequence[Any], inputs: set[int], outputs: set[int]) -> bytes:
    """Return a model of some of the operators; what ``model`` has besides its tensors is overwritten."""
    used = sorted({operator.opcodeIndex for operator in part})
    for operator in part:
        operator.opcodeIndex = used.index(operator.opcodeIndex)
    graph = model.subgraphs[0]
    graph.operators, graph.inputs, graph.outputs = list(part), sorted(inputs), sorted(outputs)
    model.operatorCodes = [codes[number] for number in used]
    model.signatureDefs = None
    return _packed(model)


def with_axes_in_range(model: bytes) -> bytes:
    """Return the model with the axis 0 for scales of tensors of one dimension.

    Older converters wrote a bias's axis as that of its weights; the kernels never read it, the interpreter refuses it.
    """
    unpacked = schema().ModelT.InitFromObj(schema().Model.GetRootAs(model))
    for graph in unpacked.subgraphs:
        for tensor in graph.tensors:
            if tensor.quantization is not None and tensor.shape is not None and len(tensor.shape) == 1:
                tensor.quantization.quantizedDimension = 0
    return _packed(unpacked)


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


def _wide_softmax(s: Any, model: Any, operator: Any) -> WideSoftmax | None:
    code = model.operatorCodes[operator.opcodeIndex]
    if max(code.builtinCode, code.deprecatedBuiltinCode) != s.BuiltinOperator.SOFTMAX:
        return None
    source = model.subgraphs[0].tensors[int(operator.inputs[0])]
    q = source.quantization
    if source.type != s.TensorType.INT8 or source.shape[-1] <= _LARGEST_SUM or q is None or q.scale is None:
        return None
    beta = 1.0 if operator.builtinOptions is None else operator.builtinOptions.beta
    return WideSoftmax(source=int(operator.inputs[0]), factor=float(beta) * float(q.scale[0]))


def _numbers(values: Sequence[int] | None) -> list[int]:
    return [] if values is None else [int(value) for value in values if value >= 0]


def _packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
