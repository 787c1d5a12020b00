# SPDX-License-Identifier: Apache-2.0
"""What an operator and a kernel variant answer.

A module ``harness/ops/<operator>.py`` has three functions, and mutates nothing:

    parse(node, graph) -> Layer      raises UnsupportedModel, naming what is not supported and what to change
    macs(layer) -> int               multiply-accumulates of one inference
    VARIANTS: tuple[Variant, ...]    its generic kernel; faster ones are modules of ``harness.ops.variants``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.graph import Node, Tensor

Number: TypeAlias = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A node with its tensors at hand, checked: what a variant lowers."""

    node: Node
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    signature: str  # "s8s8", "s16s8", "f32", "hybrid"
    weight_format: str = "dense"
    parameters: object = None  # the operator's own frozen dataclass
    mirrors: Tensor | None = None  # a tensor of the model file that holds what a variable does after this layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """An array that the generated code holds in flash: weights, requantization parameters or a table."""

    name: str
    values: NDArray[np.generic]
    role: Literal["weights", "requantization", "table"]
    alignment: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A layer as its template needs it: typed names, numbers and constants, never C text."""

    template: str  # such as "ops/conv_2d/generic.c.j2"
    numbers: Mapping[str, Number]
    constants: tuple[Constant, ...] = ()
    scratch_bytes: int = 0
    helpers: tuple[str, ...] = ()  # shared C functions that it calls, files of firmware_templates/model/helpers


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A kernel for an operator: what it accepts, how it lowers a layer, what it is expected to cost."""

    name: str
    operator: str
    accepts: Callable[[Layer, frozenset[str]], bool]  # layer, features of the core
    lower: Callable[[Layer], Lowered]
    cost: Callable[[Layer], float]  # expected instructions, to choose between variants without a plan
    too_large_for_size: bool = False  # another one takes less code: not chosen where the code is made for size
    in_place: Callable[[Layer], tuple[int, ...]] = lambda _layer: ()  # inputs whose memory the output may take over
    # Bytes by which the output must begin before the first input so that both may overlap (negative: behind it), any
    # more being as good; None where they must not. ``harness.ops._overlap`` computes it for windows.
    overlap: Callable[[Layer], int | None] = lambda _layer: None
