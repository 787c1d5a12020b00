# SPDX-License-Identifier: Apache-2.0
"""The tables of the TFLite schema (version 3) that are read: ids of their fields, and the types of tensors."""

from __future__ import annotations

from harness.graph import DType
from harness.tflite.flat import Field

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3

MODEL_VERSION = Field(0, "Model.version")
MODEL_OPERATOR_CODES = Field(1, "Model.operator_codes")
MODEL_SUBGRAPHS = Field(2, "Model.subgraphs")
MODEL_BUFFERS = Field(4, "Model.buffers")

OPERATOR_CODE_DEPRECATED_BUILTIN_CODE = Field(0, "OperatorCode.deprecated_builtin_code")
OPERATOR_CODE_CUSTOM_CODE = Field(1, "OperatorCode.custom_code")
OPERATOR_CODE_VERSION = Field(2, "OperatorCode.version")
OPERATOR_CODE_BUILTIN_CODE = Field(3, "OperatorCode.builtin_code")

SUBGRAPH_TENSORS = Field(0, "SubGraph.tensors")
SUBGRAPH_INPUTS = Field(1, "SubGraph.inputs")
SUBGRAPH_OUTPUTS = Field(2, "SubGraph.outputs")
SUBGRAPH_OPERATORS = Field(3, "SubGraph.operators")

TENSOR_SHAPE = Field(0, "Tensor.shape")
TENSOR_TYPE = Field(1, "Tensor.type")
TENSOR_BUFFER = Field(2, "Tensor.buffer")
TENSOR_NAME = Field(3, "Tensor.name")
TENSOR_QUANTIZATION = Field(4, "Tensor.quantization")
TENSOR_IS_VARIABLE = Field(5, "Tensor.is_variable")
TENSOR_SPARSITY = Field(6, "Tensor.sparsity")
TENSOR_SHAPE_SIGNATURE = Field(7, "Tensor.shape_signature")
TENSOR_EXTERNAL_BUFFER = Field(10, "Tensor.external_buffer")

QUANTIZATION_SCALE = Field(2, "QuantizationParameters.scale")
QUANTIZATION_ZERO_POINT = Field(3, "QuantizationParameters.zero_point")
QUANTIZATION_DETAILS_TYPE = Field(4, "QuantizationParameters.details_type")
QUANTIZATION_QUANTIZED_DIMENSION = Field(6, "QuantizationParameters.quantized_dimension")

OPERATOR_OPCODE_INDEX = Field(0, "Operator.opcode_index")
OPERATOR_INPUTS = Field(1, "Operator.inputs")
OPERATOR_OUTPUTS = Field(2, "Operator.outputs")
OPERATOR_BUILTIN_OPTIONS_TYPE = Field(3, "Operator.builtin_options_type")
OPERATOR_BUILTIN_OPTIONS = Field(4, "Operator.builtin_options")
OPERATOR_INTERMEDIATES = Field(8, "Operator.intermediates")
OPERATOR_BUILTIN_OPTIONS_2 = Field(12, "Operator.builtin_options_2")

CALL_ONCE_SUBGRAPH = Field(0, "CallOnceOptions.init_subgraph_index")
VAR_HANDLE_CONTAINER = Field(0, "VarHandleOptions.container")
VAR_HANDLE_SHARED_NAME = Field(1, "VarHandleOptions.shared_name")

BUFFER_DATA = Field(0, "Buffer.data")
BUFFER_OFFSET = Field(1, "Buffer.offset")
BUFFER_SIZE = Field(2, "Buffer.size")

# Name by number of the schema's TensorType.
TENSOR_TYPES = (
    "FLOAT32",
    "FLOAT16",
    "INT32",
    "UINT8",
    "INT64",
    "STRING",
    "BOOL",
    "INT16",
    "COMPLEX64",
    "INT8",
    "FLOAT64",
    "COMPLEX128",
    "UINT64",
    "RESOURCE",
    "VARIANT",
    "UINT32",
    "UINT16",
    "INT4",
    "BFLOAT16",
    "INT2",
    "UINT4",
    "FLOAT8_E4M3FN",
    "FLOAT8_E5M2",
)

# The type of a handle to a variable, by number.
RESOURCE = TENSOR_TYPES.index("RESOURCE")

# The types that a graph can hold.
DTYPES = {dtype.name: dtype for dtype in DType}
