# SPDX-License-Identifier: Apache-2.0
"""Our tables of the schema against TFLite's own schema module."""

from __future__ import annotations

import inspect
import re

from ai_edge_litert import schema_py_generated as official

from harness.tflite import schema
from harness.tflite.flat import MAX_FIELDS, Field
from harness.tflite.operators import BUILTIN_OPERATORS, OPTIONS_TYPE, SUBGRAPH_OPERATORS

# Operators whose options are not called after them.
_SHARED_OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONV_3D_TRANSPOSE": "Conv3DOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "SUM": "ReducerOptions",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
}


def _members(enum: type) -> dict[str, int]:
    return {name: value for name, value in vars(enum).items() if not name.startswith("_")}


def test_every_builtin_operator_has_its_name() -> None:
    codes = _members(official.BuiltinOperator)
    assert sorted(codes.values()) == list(range(len(codes)))
    assert {name: code for code, name in enumerate(BUILTIN_OPERATORS)} == codes


def test_every_operator_expects_the_options_that_are_called_after_it() -> None:
    kinds = _members(official.BuiltinOptions)
    by_operator = {name.removesuffix("Options").lower(): number for name, number in kinds.items()}
    for name, number in OPTIONS_TYPE.items():
        shared = _SHARED_OPTIONS.get(name)
        wanted = kinds[shared] if shared else by_operator.get(name.replace("_", "").lower(), 0)
        assert (name, number) == (name, wanted)


def test_every_operator_whose_options_name_a_subgraph_is_known_to_run_one() -> None:
    carriers = {
        name.removesuffix("Options").lower()
        for name, value in vars(official).items()
        if name.endswith("Options") and inspect.isclass(value) and any("ubgraph" in member for member in dir(value))
    }
    followed = {"callonce"}  # its subgraph is read beforehand
    assert {name.replace("_", "").lower() for name in SUBGRAPH_OPERATORS} == carriers - followed


def test_every_tensor_type_has_its_name() -> None:
    assert {name: number for number, name in enumerate(schema.TENSOR_TYPES)} == _members(official.TensorType)


def test_every_field_has_its_id() -> None:
    fields = [value for value in vars(schema).values() if isinstance(value, Field)]
    assert len(fields) > 30
    for field in fields:
        table, _, member = field.name.partition(".")
        accessor = "".join(part.capitalize() for part in member.split("_"))
        source = inspect.getsource(getattr(getattr(official, table), accessor))
        (offset,) = set(re.findall(r"\.Offset\((\d+)\)", source))
        assert (field.name, 4 + 2 * field.id) == (field.name, int(offset))


def test_no_table_of_the_schema_has_more_fields_than_are_looked_at() -> None:
    offsets = {int(offset) for offset in re.findall(r"\.Offset\((\d+)\)", inspect.getsource(official))}
    assert (max(offsets) - 4) // 2 < MAX_FIELDS
