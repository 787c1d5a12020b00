# SPDX-License-Identifier: Apache-2.0
"""Widen half-precision constants once, on the host: a float16 model keeps its weights so, each behind a DEQUANTIZE."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.graph import DType, Graph, Node


def fold_half(graph: Graph) -> Graph:
    """Return the graph with float32 constants for DEQUANTIZE of float16 ones; every half is exact as a single.

    A variable that is written so has it as its first value: the interpreter widens a constant once, not every time.
    Outputs of the model are left alone: they must be computed where they are read.
    """
    tensors = dict(graph.tensors)
    kept: list[Node] = []
    for node in graph.nodes:
        source = tensors.get(node.inputs[0]) if node.op == "DEQUANTIZE" and node.inputs else None
        output = tensors[node.outputs[0]]
        if (
            source is None
            or source.data is None
            or source.dtype is not DType.FLOAT16
            or output.dtype is not DType.FLOAT32
            or output.shape != source.shape
            or output.index in graph.outputs
        ):
            kept.append(node)
            continue
        data = source.data.astype(np.float32)
        data.flags.writeable = False
        if output.is_variable:
            tensors[output.index] = replace(output, initial=data if data.any() else None, quantization=None)
        else:
            tensors[output.index] = replace(output, data=data, quantization=None)
    return replace(graph, nodes=tuple(kept), tensors=tensors)
