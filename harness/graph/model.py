# SPDX-License-Identifier: Apache-2.0
"""The records that a graph is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_ITEM_BYTES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "float16": 2, "int32": 4, "float32": 4, "int64": 8}


class DType(StrEnum):
    """Element type of a tensor, by numpy's name."""

    BOOL = "bool"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"

    @property
    def item_bytes(self) -> int:
        return _ITEM_BYTES[self.value]


class Options(Protocol):
    """Bounds-checked view of an operator's option table (TFLite schema, ``BuiltinOptions``), fields by their id.

    An absent field gives the default. An operator without options has a view in which every field is absent.
    """

    def integer(self, field: int, default: int = 0, *, bits: int = 32) -> int: ...
    def boolean(self, field: int, default: bool = False) -> bool: ...
    def real(self, field: int, default: float = 0.0) -> float: ...
    def integers(self, field: int) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """real = scale * (q - zero_point), one pair for the tensor or one per slice along ``axis``."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which channels (indices of the last dimension) of the model file's tensor a tensor of the graph still holds.

    ``constants`` are those that were left out and hold one value whatever the input, with it; the others that were left
    out are read by nothing.
    """

    channels: int
    kept: tuple[int, ...]
    constants: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A tensor of the model; ``data`` is set for constants, ``index`` is its number in the model file.

    One that is ``free`` has dimensions beside the batch which the file leaves open, with 1 in their place, until a pass
    finds them. A variable outlives an inference; after a reset it holds ``initial``, or where there is none, zeros (an
    int8 one its zero point).
    """

    index: int
    name: str
    dtype: DType
    shape: tuple[int, ...]
    quantization: Quantization | None = None
    data: NDArray[np.generic] | None = None
    is_variable: bool = False
    initial: NDArray[np.generic] | None = None
    selection: Selection | None = None  # where a pass left out channels
    free: bool = False

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self.elements * self.dtype.item_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An operator call; ``index`` is its number in the model file, ``op`` the schema's name, -1 an absent input.

    ``intermediates`` are tensors without memory of their own whose quantization the operator uses (LSTM). ``fused``
    has the numbers of all operators of the model file that it stands for, where they are several.
    """

    index: int
    op: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options
    intermediates: tuple[int, ...] = ()
    fused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A model's main subgraph in order of execution."""

    name: str
    model_sha256: str
    tensors: Mapping[int, Tensor]
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def tensor(self, index: int) -> Tensor:
        return self.tensors[index]
