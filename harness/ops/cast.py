# SPDX-License-Identifier: Apache-2.0
"""CAST between numbers and booleans; quantization is left aside, stored numbers are converted.

A float that its integer type cannot hold becomes the nearest that it can, not-a-number the highest. Integers keep
their low bits.
"""

from __future__ import annotations

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Number, Variant
from harness.ops._check import computed, expect_shape, operands, refuse, version_at_most
from harness.ops._unary import Parameters, lower_unary, no_macs

_NEWEST_VERSION = 7
_TYPES = (DType.BOOL, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.FLOAT32)
_RANGES = {
    DType.INT8: (-128, 127),
    DType.UINT8: (0, 255),
    DType.INT16: (-(1 << 15), (1 << 15) - 1),
    DType.INT32: (-(1 << 31), (1 << 31) - 1),
}


def parse(node: Node, graph: Graph) -> Layer:
    """Check the types and shapes."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    for tensor in (source, output):
        if tensor.dtype not in _TYPES:
            known = ", ".join(dtype.value for dtype in _TYPES)
            raise refuse(node, graph, f"it does not convert {tensor.dtype.value}", f"Types that it converts: {known}.")
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    numbers: dict[str, Number] = {"to_boolean": output.dtype is DType.BOOL, "saturates": False}
    if source.dtype is DType.FLOAT32 and output.dtype in _RANGES:
        low, high = _RANGES[output.dtype]
        numbers |= {"saturates": True, "low": low, "high": high, "end": float(high if high < 1 << 24 else high + 1)}
    parameters = Parameters(answers=None, numbers=numbers)
    kind = f"{source.dtype.value}_{output.dtype.value}"
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="CAST",
        accepts=lambda _layer, _features: True,
        lower=lower_unary,
        cost=lambda layer: 8.0 * layer.outputs[0].elements,
    ),
)
