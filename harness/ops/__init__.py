# SPDX-License-Identifier: Apache-2.0
"""Operators of the ``codegen`` runtime, one module each, named after the TFLite operator in lower case."""

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._choice import (
    accepting_variants,
    choose_variant,
    count_macs,
    parse_layer,
    supported_operators,
    variants_of,
)
from harness.ops._signature import layer_signature

__all__ = [
    "Constant",
    "Layer",
    "Lowered",
    "Number",
    "Variant",
    "accepting_variants",
    "choose_variant",
    "count_macs",
    "layer_signature",
    "parse_layer",
    "supported_operators",
    "variants_of",
]
