# SPDX-License-Identifier: Apache-2.0
"""Tensors of a ``.tflite`` file: shape, type, quantization, and constants as views of the file."""

from __future__ import annotations

from math import isfinite, isnan, prod

import numpy as np
from numpy.typing import NDArray

from harness.errors import UnsupportedModel
from harness.graph import DType, Quantization, Tensor
from harness.tflite import schema
from harness.tflite.flat import Field, Table

# More dimensions than any TFLite kernel takes; bounds the product of a hostile shape.
MAX_RANK = 8
# What a 32-bit target can address and index with a signed integer.
MAX_TENSOR_BYTES = 2**31 - 1
# Seen in 16x8 models: TensorFlow's converter divides by the scale of an activation that the calibration saw only as 0,
# and the weights behind it are lost.
_SCALE_LOST = (
    "TensorFlow's converter writes this where a layer's input was always 0 in the calibration: in the initial state of "
    "an unrolled GRU (fix the batch at 1), behind units that never fire (train again, or calibrate with other data). "
    "Otherwise the file is damaged."
)
_TRAINING_DIVERGED = (
    "The weights were no numbers when the model was converted: its training diverged (a lower learning rate helps), or "
    "the file is damaged."
)


def read_tensor(model: Table, table: Table, index: int) -> Tensor:
    """Read tensor ``index``; its constant, if it has one, is a read-only view of the file.

    A free batch (-1 first in the shape's signature) is 1, as in TFLite's interpreter; where another dimension is free,
    the tensor says so.
    Raises BadModel or UnsupportedModel, naming the tensor.
    """
    name = table.text(schema.TENSOR_NAME)
    called = f"{model.file.name}: tensor {index} ({name[:60]!r})"
    dtype = _read_dtype(table, called)
    if table.locate(schema.TENSOR_SPARSITY, 4) is not None:
        raise UnsupportedModel(f"{called} is sparse", hint="Convert without EXPERIMENTAL_SPARSITY.")
    shape, free = _read_shape(table, called)
    size_bytes = prod(shape) * dtype.item_bytes
    if size_bytes > MAX_TENSOR_BYTES:
        raise UnsupportedModel(f"{called} of shape {shape} takes {size_bytes} bytes: more than 32 bits can address")
    is_variable = table.integer(schema.TENSOR_IS_VARIABLE, bits=8) != 0
    data = _read_constant(model, table, dtype, shape)
    if is_variable and data is not None:
        raise UnsupportedModel(f"{called} is a variable with initial values")
    return Tensor(
        index=index,
        name=name,
        dtype=dtype,
        shape=shape,
        quantization=_read_quantization(table, shape, called),
        data=data,
        is_variable=is_variable,
        free=free,
    )


def read_bare_tensor(model: Table, table: Table, index: int) -> Tensor:
    """Read a tensor without memory of its own, of which only type and quantization count: its shape is none.

    Raises BadModel or UnsupportedModel, naming the tensor.
    """
    name = table.text(schema.TENSOR_NAME)
    called = f"{model.file.name}: tensor {index} ({name[:60]!r})"
    return Tensor(
        index=index,
        name=name,
        dtype=_read_dtype(table, called),
        shape=(),
        quantization=_read_quantization(table, (), called),
    )


def _read_dtype(table: Table, called: str) -> DType:
    number = table.integer(schema.TENSOR_TYPE, bits=8)
    if not 0 <= number < len(schema.TENSOR_TYPES):
        raise UnsupportedModel(f"{called} has the type {number}, which this release does not know")
    name = schema.TENSOR_TYPES[number]
    if name not in schema.DTYPES:
        choices = ", ".join(sorted(schema.DTYPES))
        raise UnsupportedModel(f"{called} has the type {name}", hint=f"Types that can run: {choices}.")
    return schema.DTYPES[name]


def _read_shape(table: Table, called: str) -> tuple[tuple[int, ...], bool]:
    """Return the shape, and whether it holds 1 in the place of a size that is known when the interpreter runs."""
    file, label = table.file, table.label(schema.TENSOR_SHAPE)
    shape = _read_dimensions(table, called, schema.TENSOR_SHAPE)
    signature = _read_dimensions(table, called, schema.TENSOR_SHAPE_SIGNATURE) or shape
    if len(signature) != len(shape):
        raise file.bad(table.position, label, f"{shape} and its signature {signature} differ in rank")
    if shape and shape[0] == -1:  # a free batch that the converter left open in the shape too
        shape = (1, *shape[1:])
    for axis, size in enumerate(shape):
        if size in (0, -1):
            problem = "empty" if size == 0 else "free"
            raise UnsupportedModel(f"{called} has the shape {shape}: dimension {axis} is {problem}")
        if size < 0:
            raise file.bad(table.position, label, f"dimension {axis} of {shape} is negative")
    return shape, -1 in signature[1:]


def _read_dimensions(table: Table, called: str, field: Field) -> tuple[int, ...]:
    found = table.vector(field, 4)
    if found is not None and found[1] > MAX_RANK:
        raise UnsupportedModel(f"{called} has {found[1]} dimensions; at most {MAX_RANK} are supported")
    return table.integers(field) or ()


def _read_quantization(table: Table, shape: tuple[int, ...], called: str) -> Quantization | None:
    parameters = table.table(schema.TENSOR_QUANTIZATION)
    if parameters is None:
        return None
    if parameters.integer(schema.QUANTIZATION_DETAILS_TYPE, bits=8, signed=False) != 0:
        raise UnsupportedModel(f"{called} is quantized in a way of its own (by blocks, by several axes, or custom)")
    scales = parameters.reals(schema.QUANTIZATION_SCALE) or ()
    if not scales:  # only the ranges of a calibration
        return None
    zero_points = parameters.integers(schema.QUANTIZATION_ZERO_POINT, bits=64) or ()
    axis = parameters.integer(schema.QUANTIZATION_QUANTIZED_DIMENSION)
    if len(scales) == 1 or shape == (len(scales),):
        axis = 0  # the only one: older converters wrote a bias's as its weights'
    problem = ""
    if any(isnan(scale) for scale in scales):
        raise table.file.bad(parameters.position, parameters.what, "a scale is not a number", hint=_TRAINING_DIVERGED)
    if not all(isfinite(scale) for scale in scales):
        raise table.file.bad(parameters.position, parameters.what, "a scale is not finite", hint=_SCALE_LOST)
    if len(zero_points) != len(scales):
        problem = f"{len(scales)} scales but {len(zero_points)} zero points"
    elif not 0 <= axis < max(1, len(shape)):
        problem = f"axis {axis} of a tensor of shape {shape}"
    elif len(scales) > 1 and (not shape or len(scales) != shape[axis]):
        problem = f"{len(scales)} scales along axis {axis} of a tensor of shape {shape}"
    elif not all(scale >= 0 for scale in scales):
        problem = "a scale is negative"
    if problem:
        raise table.file.bad(parameters.position, parameters.what, problem)
    return Quantization(scales=scales, zero_points=zero_points, axis=axis)


def _read_constant(model: Table, table: Table, dtype: DType, shape: tuple[int, ...]) -> NDArray[np.generic] | None:
    if table.integer(schema.TENSOR_EXTERNAL_BUFFER, signed=False) != 0:
        raise UnsupportedModel(f"{model.file.name}: {table.what} keeps its data in another file")
    number = table.integer(schema.TENSOR_BUFFER, signed=False)
    buffer = model.item(schema.MODEL_BUFFERS, number, f"buffer {number} of {table.what}")
    start, count = _locate_buffer(buffer)
    if count == 0:
        return None
    elements = prod(shape)
    if count != elements * dtype.item_bytes:
        problem = f"{count} bytes for {elements} elements of {dtype.item_bytes} bytes (shape {shape})"
        raise model.file.bad(start, buffer.what, problem)
    little_endian = np.dtype(dtype.value).newbyteorder("<")
    return np.frombuffer(model.file.data, dtype=little_endian, count=elements, offset=start).reshape(shape)


def _locate_buffer(buffer: Table) -> tuple[int, int]:
    start, count = buffer.vector(schema.BUFFER_DATA, 1) or (0, 0)
    if count:
        return start, count
    # Files over 2 GB keep their data behind the flatbuffer; an offset of 1 only holds the place (schema, Buffer).
    offset = buffer.integer(schema.BUFFER_OFFSET, bits=64, signed=False)
    size = buffer.integer(schema.BUFFER_SIZE, bits=64, signed=False)
    if offset <= 1:
        return 0, 0
    buffer.file.check(offset, size, f"{buffer.what}, data behind the flatbuffer")
    return offset, size
