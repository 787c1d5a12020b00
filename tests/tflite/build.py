# SPDX-License-Identifier: Apache-2.0
"""Models for the tests, written with flatbuffers and TFLite's own schema module: independent of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema


def buffer_of(values: object, dtype: str = "int8") -> Any:
    """Return a buffer that holds an array."""
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.asarray(values, dtype=dtype).tobytes(), dtype=np.uint8)
    return buffer


def tensor_of(
    name: str,
    shape: Sequence[int],
    kind: str = "INT8",
    *,
    buffer: int = 0,
    scales: Sequence[float] = (),
    zero_points: Sequence[int] | None = None,
    axis: int = 0,
    signature: Sequence[int] = (),
) -> Any:
    """Return a tensor; zero points are 0 unless given."""
    tensor = schema.TensorT()
    tensor.name = name
    tensor.shape = list(shape)
    tensor.type = getattr(schema.TensorType, kind)
    tensor.buffer = buffer
    if signature:
        tensor.shapeSignature = list(signature)
    if scales:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = list(scales)
        tensor.quantization.zeroPoint = list(zero_points) if zero_points is not None else [0] * len(scales)
        tensor.quantization.quantizedDimension = axis
    return tensor


def operator_of(
    code: int, inputs: Sequence[int], outputs: Sequence[int], options: tuple[str, Any] | None = None
) -> Any:
    """Return an operator; ``options`` are the name of their type and the table."""
    operator = schema.OperatorT()
    operator.opcodeIndex = code
    operator.inputs = list(inputs)
    operator.outputs = list(outputs)
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options[0])
        operator.builtinOptions = options[1]
    return operator


def code_of(name: str, *, version: int = 1, custom: str | None = None) -> Any:
    """Return an operator code as the converter writes it: in both fields where it is small enough."""
    code = schema.OperatorCodeT()
    number = getattr(schema.BuiltinOperator, name)
    code.builtinCode = number
    code.deprecatedBuiltinCode = min(number, 127)
    code.version = version
    code.customCode = custom
    return code


def model_of(
    *,
    tensors: Sequence[Any],
    operators: Sequence[Any],
    codes: Sequence[Any],
    inputs: Sequence[int],
    outputs: Sequence[int],
    buffers: Sequence[Any] = (),
) -> Any:
    """Return a model with one subgraph; ``buffers`` are those from number 1 on."""
    subgraph = schema.SubGraphT()
    subgraph.name = "main"
    subgraph.tensors = list(tensors)
    subgraph.operators = list(operators)
    subgraph.inputs = list(inputs)
    subgraph.outputs = list(outputs)
    model = schema.ModelT()
    model.version = 3
    model.description = "test"
    model.operatorCodes = list(codes)
    model.subgraphs = [subgraph]
    model.buffers = [schema.BufferT(), *buffers]
    return model


def pack(model: Any) -> bytes:
    """Return the file of a model."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def reshape_options(shape: Sequence[int]) -> tuple[str, Any]:
    """Return the options of RESHAPE."""
    options = schema.ReshapeOptionsT()
    options.newShape = list(shape)
    return "ReshapeOptions", options


def small_model() -> Any:
    """Return a convolution, a reshape and a dense layer: everything that the reader looks at, in about 2 KB."""
    conv = schema.Conv2DOptionsT()
    conv.padding = schema.Padding.VALID
    conv.strideH, conv.strideW = 2, 1
    conv.fusedActivationFunction = schema.ActivationFunctionType.RELU6
    dense = schema.FullyConnectedOptionsT()
    return model_of(
        tensors=[
            tensor_of("in", (1, 5, 4, 2), scales=(0.5,), zero_points=(-3,), signature=(-1, 5, 4, 2)),
            tensor_of("filter", (3, 3, 2, 2), buffer=1, scales=(0.1, 0.2, 0.3)),
            tensor_of("bias", (3,), "INT32", buffer=2, scales=(0.05, 0.1, 0.15)),
            tensor_of("conv", (1, 2, 3, 3), scales=(0.25,), zero_points=(7,)),
            tensor_of("shape", (2,), "INT32", buffer=3),
            tensor_of("flat", (1, 18), scales=(0.25,), zero_points=(7,)),
            tensor_of("weights", (4, 18), buffer=4, scales=(0.02,)),
            tensor_of("out", (1, 4), scales=(1.5,), zero_points=(-128,)),
        ],
        operators=[
            operator_of(0, (0, 1, 2), (3,), ("Conv2DOptions", conv)),
            operator_of(1, (3, 4), (5,), reshape_options((-1, 18))),
            operator_of(2, (5, 6, -1), (7,), ("FullyConnectedOptions", dense)),
        ],
        codes=[code_of("CONV_2D", version=3), code_of("RESHAPE"), code_of("FULLY_CONNECTED", version=4)],
        inputs=(0,),
        outputs=(7,),
        buffers=[
            buffer_of(np.arange(36)),
            buffer_of([1, -2, 3], "int32"),
            buffer_of([-1, 18], "int32"),
            buffer_of(np.arange(72) - 36),
        ],
    )
