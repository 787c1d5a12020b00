# SPDX-License-Identifier: Apache-2.0
"""Operators of the ``codegen`` runtime, one module each, named after the TFLite operator in lower case."""

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._choice import choose_variant, count_macs, parse_layer, supported_operators, variants_of

__all__ = [
    "Constant",
    "Layer",
    "Lowered",
    "Number",
    "Variant",
    "choose_variant",
    "count_macs",
    "parse_layer",
    "supported_operators",
    "variants_of",
]
