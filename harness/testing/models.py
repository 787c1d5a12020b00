# SPDX-License-Identifier: Apache-2.0
"""Small TFLite models for tests, written with ``flatbuffers`` and the interpreter's schema, not with our reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.schema import schema

Scalar = int | float | bool | str | Sequence[int]

_FILE_IDENTIFIER = b"TFL3"
_TYPE_NAMES = {
    "bool": "BOOL",
    "int8": "INT8",
    "uint8": "UINT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FLOAT16",
    "float32": "FLOAT32",
    "resource": "RESOURCE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """A tensor of a test model: constant where ``data`` is set, quantized where ``scales`` are."""

    shape: tuple[int, ...]
    dtype: str = "int8"
    data: NDArray[np.generic] | None = None
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    name: str = "tensor"
    is_variable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSpec:
    """An operator call. ``options`` names the schema's option table without its suffix, such as ``Conv2DOptions``."""

    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: str = ""
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    version: int = 1
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphSpec:
    """A further subgraph of a test model, which an operator of the main one may call by its number."""

    tensors: Sequence[TensorSpec]
    operators: Sequence[OperatorSpec]
    inputs: Sequence[int] = ()
    outputs: Sequence[int] = ()


def build_model(
    tensors: Sequence[TensorSpec],
    operators: Sequence[OperatorSpec],
    *,
    inputs: Sequence[int],
    outputs: Sequence[int],
    further: Sequence[SubgraphSpec] = (),
) -> bytes:
    """Return the bytes of a ``.tflite`` file; tensors are numbered as given, ``further`` subgraphs from 1 on."""
    import flatbuffers

    s = schema()
    model = s.ModelT()
    model.version = 3
    model.description = "test model"
    model.buffers = [s.BufferT()]
    model.operatorCodes = []
    main = SubgraphSpec(tensors=tensors, operators=operators, inputs=inputs, outputs=outputs)
    model.subgraphs = [
        _subgraph(s, spec, model, f"subgraph {k}" if k else "main") for k, spec in enumerate((main, *further))
    ]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=_FILE_IDENTIFIER)
    return bytes(builder.Output())


def _subgraph(s: Any, spec: SubgraphSpec, model: Any, name: str) -> Any:
    graph = s.SubGraphT()
    graph.name = name
    graph.tensors = [_tensor(s, tensor, model) for tensor in spec.tensors]
    graph.operators = [_operator(s, operator, model) for operator in spec.operators]
    graph.inputs = list(spec.inputs)
    graph.outputs = list(spec.outputs)
    return graph


def _tensor(s: Any, spec: TensorSpec, model: Any) -> Any:
    tensor = s.TensorT()
    tensor.name = spec.name
    tensor.shape = list(spec.shape)
    tensor.type = getattr(s.TensorType, _TYPE_NAMES[spec.dtype])
    tensor.isVariable = spec.is_variable
    if spec.data is not None:
        buffer = s.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(spec.data).tobytes(), dtype=np.uint8)
        tensor.buffer = len(model.buffers)
        model.buffers.append(buffer)
    if spec.scales:
        quantization = s.QuantizationParametersT()
        quantization.scale = list(spec.scales)
        quantization.zeroPoint = list(spec.zero_points or (0,) * len(spec.scales))
        quantization.quantizedDimension = spec.axis
        tensor.quantization = quantization
    return tensor


def _operator(s: Any, spec: OperatorSpec, model: Any) -> Any:
    code = s.OperatorCodeT()
    code.builtinCode = getattr(s.BuiltinOperator, spec.op)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = spec.version
    operator = s.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes)
    model.operatorCodes.append(code)
    operator.inputs = list(spec.inputs)
    operator.outputs = list(spec.outputs)
    if spec.intermediates:
        operator.intermediates = list(spec.intermediates)
    if spec.options:
        operator.builtinOptionsType = getattr(s.BuiltinOptions, spec.options)
        operator.builtinOptions = getattr(s, spec.options + "T")()
        for name, value in spec.fields.items():
            if not hasattr(operator.builtinOptions, name):
                raise ValueError(f"the schema's {spec.options} has no field {name!r}")
            setattr(operator.builtinOptions, name, value)
    return operator
