# SPDX-License-Identifier: Apache-2.0
"""Finding operators and choosing among the variants of their kernels."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from harness import registry
from harness.errors import UnsupportedModel, UserError, did_you_mean
from harness.graph import Graph, Node
from harness.ops._base import Layer, Variant
from harness.ops._check import refuse

_FAMILY = "harness.ops"
_VARIANTS = "harness.ops.variants"  # not an operator: the folder of faster kernels
_MOST_ELEMENTS = 1 << 24  # of a tensor that is computed
_INSTEAD = {
    "CONV_3D": "Three dimensions have no kernel: use Conv2D with the third as channels, or a Conv2D for each slice.",
    "CONV_3D_TRANSPOSE": "Three dimensions have no kernel: use Conv2DTranspose with the third as channels.",
}


@cache
def supported_operators() -> tuple[str, ...]:
    """Return the TFLite names of all operators that have a module."""
    return tuple(name.upper() for name in registry.names(_FAMILY) if f"{_FAMILY}.{name}" != _VARIANTS)


def parse_layer(node: Node, graph: Graph) -> Layer:
    """Check a node by its operator's module. Raises UnsupportedModel, naming the operator and what to change."""
    module = _module(node.op)
    if module is None:
        raise refuse(
            node,
            graph,
            "there is no kernel for this operator",
            _INSTEAD.get(node.op, "docs/operators.md lists the operators that have one."),
        )
    _check_extent(node, graph)
    try:
        with np.errstate(over="raise", divide="raise"):
            layer = module.parse(node, graph)
    except ArithmeticError as error:
        raise refuse(
            node, graph, f"its scales are out of all proportion: {error}", "Quantize the model again."
        ) from error
    assert isinstance(layer, Layer)
    return layer


def _check_extent(node: Node, graph: Graph) -> None:
    """Refuse tensors that no board could hold, before their elements are numbered one by one."""
    tensors = [graph.tensor(index) for index in (*node.inputs, *node.outputs) if index != -1]
    most = max((tensor.elements for tensor in tensors if tensor.data is None), default=0)
    if most > _MOST_ELEMENTS:
        raise refuse(
            node, graph, f"a tensor has {most:,} elements: no microcontroller holds it", "Use smaller inputs or layers."
        )


def count_macs(layer: Layer) -> int:
    """Return the multiply-accumulates of one inference of a layer."""
    module = _module(layer.node.op)
    assert module is not None
    return int(module.macs(layer))


@cache
def variants_of(operator: str) -> tuple[Variant, ...]:
    """Return the variants of an operator's kernel: its own, then those of the folder ``variants``."""
    module = _module(operator)
    assert module is not None
    found: tuple[Variant, ...] = tuple(module.VARIANTS)
    for name in registry.names(_VARIANTS):
        found += tuple(v for v in registry.load(_VARIANTS, name).VARIANTS if v.operator == operator)
    return found


def accepting_variants(layer: Layer, features: frozenset[str]) -> tuple[Variant, ...]:
    """Return the variants that accept a layer on a core with ``features``."""
    return tuple(variant for variant in variants_of(layer.node.op) if variant.accepts(layer, features))


def choose_variant(
    layer: Layer,
    features: frozenset[str],
    wanted: str | None = None,
    preferred: str | None = None,
    ranked: tuple[str, ...] = (),
    *,
    optimize: str = "speed",
) -> Variant:
    """Return the variant ``wanted`` by a plan, else ``preferred`` where it accepts the layer, else the cheapest.

    Which is cheapest the variants' own hints say, unless it is among those ``ranked`` by measurement: then the first of
    these. So a variant that is newer than the measurement is judged by its hint. Where the code is made for size, those
    that are known to take more code than another do not come into question.

    Only those that accept the layer on a core with ``features`` come into question. Raises UserError where the plan's
    variant does not exist or does not accept the layer, UnsupportedModel where none does.
    """
    accepting = {variant.name: variant for variant in accepting_variants(layer, features)}
    if wanted is not None:
        if wanted not in accepting:
            raise UserError(
                f"{layer.node.op} (operator {layer.node.index}) has no variant {wanted!r} for this layer and core",
                hint=did_you_mean(wanted, accepting),
            )
        return accepting[wanted]
    if not accepting:
        raise UnsupportedModel(
            f"{layer.node.op} (operator {layer.node.index}) has no kernel for {layer.signature} "
            f"with {layer.weight_format} weights on this core"
        )
    if preferred in accepting:
        return accepting[preferred]
    if optimize == "size":
        accepting = {name: variant for name, variant in accepting.items() if not variant.too_large_for_size}
    cheapest = min(accepting.values(), key=lambda variant: variant.cost(layer))
    if cheapest.name in ranked:
        return next(accepting[name] for name in ranked if name in accepting)
    return cheapest


@cache
def _module(operator: str) -> ModuleType | None:
    name = operator.lower()
    if operator not in supported_operators():
        return None
    return registry.load(_FAMILY, name)
