# SPDX-License-Identifier: Apache-2.0
"""Inputs that the reference kernels refuse, replaced by the nearest that they accept.

SQRT and RSQRT of int8 and int16 refuse numbers below the zero point, DIV of both a divisor that is zero. Where such an
operator reads an input of the model, its elements are replaced one by one. Where it reads what the model computes, the
input is brought nearer to one that is accepted, until it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel
from harness.reference.golden import Golden
from harness.reference.schema import schema

Array = NDArray[np.generic]
Arrays = tuple[Array, ...]

_HALVINGS = 8  # of the way from an accepted input to the one that is refused
_ROOTS = frozenset({"SQRT", "RSQRT"})
_KEEP_VALUES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE"})  # operators that only rearrange


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an operator demands of an input of the model: nothing below ``zero``, or nothing equal to it."""

    zero: int
    is_root: bool


def nearest_accepted(golden: Golden, model: bytes, refused: Arrays, others: Sequence[Arrays]) -> Arrays:
    """Return inputs as near to the refused ones as the reference accepts.

    ``others`` are inputs to come nearer to, where replacing elements is not enough. Raises BadModel, with the
    interpreter's words, where it accepts none of them either.
    """
    rules = input_rules(model)
    replaced = _apply(rules, refused)
    if accepts(golden, replaced):
        return replaced
    found = [
        _towards(golden, replaced, given)
        for given in (_apply(rules, other) for other in others)
        if accepts(golden, given)
    ]
    if not found:
        golden.outputs(replaced)  # raises what the interpreter says
    return min(found, key=lambda arrays: _distance(arrays, refused))


def accepts(golden: Golden, inputs: Arrays) -> bool:
    """Say whether the reference computes outputs for these inputs."""
    try:
        golden.outputs(inputs)
    except BadModel:
        return False
    return True


def replaced_values(wanted: Arrays, given: Arrays) -> int:
    """Return how many elements differ."""
    return sum(int(np.count_nonzero(a != b)) for a, b in zip(wanted, given, strict=True))


def input_rules(model: bytes) -> Mapping[int, tuple[Rule, ...]]:
    """Return the rules for inputs of the model, by their position, that an operator reads as they are."""
    s = schema()
    unpacked = s.ModelT.InitFromObj(s.Model.GetRootAs(model))
    graph = unpacked.subgraphs[0]
    names = {number: name for name, number in vars(s.BuiltinOperator).items() if isinstance(number, int)}
    origins = {int(index): position for position, index in enumerate(graph.inputs)}
    rules: dict[int, tuple[Rule, ...]] = {}
    for operator in graph.operators:
        code = unpacked.operatorCodes[operator.opcodeIndex]
        name = names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "")
        if name in _KEEP_VALUES and int(operator.inputs[0]) in origins:
            origins[int(operator.outputs[0])] = origins[int(operator.inputs[0])]
        operand = 0 if name in _ROOTS else 1 if name == "DIV" else None
        if operand is None or int(operator.inputs[operand]) not in origins:
            continue
        index = int(operator.inputs[operand])
        tensor = graph.tensors[index]
        if tensor.type in {s.TensorType.INT8, s.TensorType.INT16}:
            rule = Rule(zero=_zero_point(tensor), is_root=name in _ROOTS)
            rules[origins[index]] = (*rules.get(origins[index], ()), rule)
    return rules


def _zero_point(tensor: Any) -> int:
    q = tensor.quantization
    return 0 if q is None or q.zeroPoint is None or len(q.zeroPoint) == 0 else int(q.zeroPoint[0])


def _apply(rules: Mapping[int, tuple[Rule, ...]], inputs: Arrays) -> Arrays:
    """Replace the elements that rules forbid by their nearest neighbours."""
    found = list(inputs)
    for position, of_input in rules.items():
        values = found[position].astype(np.int64)
        highest = np.iinfo(found[position].dtype.name).max
        for rule in sorted(of_input, key=lambda rule: not rule.is_root):
            if rule.is_root:
                values = np.maximum(values, rule.zero)
            else:
                values = np.where(values == rule.zero, rule.zero + (1 if rule.zero < highest else -1), values)
        found[position] = values.astype(found[position].dtype)
    return tuple(found)


def _towards(golden: Golden, refused: Arrays, accepted: Arrays) -> Arrays:
    """Return the farthest point that is accepted, on the way from accepted inputs to refused ones, by halving."""
    nearest, share, step = accepted, 0.0, 0.5
    for _ in range(_HALVINGS):
        tried = tuple(_between(a, b, share + step) for a, b in zip(accepted, refused, strict=True))
        if accepts(golden, tried):
            nearest, share = tried, share + step
        step /= 2
    return nearest


def _between(near: Array, far: Array, share: float) -> Array:
    if near.dtype == np.bool_:
        return near
    wide = near.astype(np.float64) + (far.astype(np.float64) - near.astype(np.float64)) * share
    return (wide if near.dtype.kind == "f" else np.rint(wide)).astype(near.dtype)


def _distance(given: Arrays, wanted: Arrays) -> float:
    return sum(
        float(np.abs(a.astype(np.float64) - b.astype(np.float64)).sum()) for a, b in zip(given, wanted, strict=True)
    )
