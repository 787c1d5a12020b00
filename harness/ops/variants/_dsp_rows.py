# SPDX-License-Identifier: Apache-2.0
"""Rows of inputs by all outputs with SMLAD, four outputs at once: each weight is read once a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.graph import Tensor
from harness.ops._base import Constant, Lowered, Number
from harness.ops._quantized import Multiplier, OutputStage
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._dsp import interleaved, is_whole, scale_words

_OUTPUTS = 4


def lower_rows(matrix: NDArray[np.int8], bias: Tensor | None, stage: OutputStage, *, rows: int, kernel: str) -> Lowered:
    """Lower to one call of ``kernel`` a row, for weights of outputs x taps; rows follow one another in memory.

    Multipliers are stored once where all outputs have the same.
    """
    sums = folded_sums(matrix, bias, stage.input_zero)
    channels, depth = matrix.shape
    groups = -(-depth // 4)
    biases = np.zeros(-(-channels // _OUTPUTS) * _OUTPUTS, np.int32)
    biases[:channels] = sums
    scales, step = _scales(stage.multipliers, channels)
    numbers: dict[str, Number] = {
        "kernel": kernel,
        "rows": rows,
        "input_depth": depth,
        "copied": depth % 4 != 0,
        "output_depth": channels,
        "weight_bytes": groups * 4 * _OUTPUTS,
        "groups": groups,
        "output_offset": 2 * stage.output_zero + 1,
        "scale_step": step,
        "whole": is_whole(stage.range),
        **stage.range.numbers(),
    }
    return Lowered(
        template="ops/fully_connected/dsp.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=interleaved(matrix, _OUTPUTS), role="weights"),
            Constant(name="biases", values=biases, role="weights"),
            Constant(name="scales", values=scales, role="requantization"),
        ),
        scratch_bytes=groups * 4 if depth % 4 else 0,  # words are read: not beyond the input's end
        helpers=("dsp", kernel),
    )


def _scales(multipliers: Sequence[Multiplier], channels: int) -> tuple[NDArray[np.int32], int]:
    """Return rows of four multipliers and their shifts, and the bytes from one row to the next: 0 where all agree."""
    agree = len(set(multipliers)) == 1
    chosen = tuple(multipliers[:1]) * _OUTPUTS if agree else tuple(multipliers)
    table = np.zeros((2, -(-len(chosen) // _OUTPUTS) * _OUTPUTS), np.int32)
    table[:, : len(chosen)] = scale_words(chosen)
    assert agree or len(chosen) == channels
    rows = np.ascontiguousarray(table.reshape(2, -1, _OUTPUTS).transpose(1, 0, 2)).reshape(-1, 2 * _OUTPUTS)
    return rows, 0 if agree else rows.itemsize * rows.shape[1]
