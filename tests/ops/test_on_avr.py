# SPDX-License-Identifier: Apache-2.0
"""Operators on a core whose int has 16 bits and whose weights lie in an address space of their own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from harness.errors import UnsupportedModel
from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.operators import Case, OperatorContract, differing_cases, render_case, standard_feeds

BOARD = "simavr_atmega2560"
DENSE = ("fully_connected", "softmax", "logistic", "tanh", "relu", "add", "quantize", "dequantize", "reshape")
OTHERS = ("conv_2d", "depthwise_conv_2d", "average_pool_2d", "max_pool_2d", "mean", "mul", "sub", "elu", "gelu", "exp")
WIDE = ("mul", "abs", "logistic", "tanh", "batch_matmul")  # products of int16, which an int of 16 bits does not hold
EXACT = ("int8", "float32")
RAM_BYTES = 4_500  # of a program, beside the stack and the link


def cases_of(operators: tuple[str, ...], types: tuple[str, ...], count: int) -> list[list[Case]]:
    """Return the first cases of every operator and type, in programs that the memory holds."""
    programs: list[list[Case]] = []
    left, number = 0, 0
    for operator in operators:
        contract = contract_of(operator)
        for dtype in (dtype for dtype in contract.dtypes if dtype in types):
            for k, model in enumerate(contract.models(dtype, count)):
                rendered = render_case(model, number, BOARD)
                needed = sum(rendered.activations_bytes.values()) + 60
                needed += sum(-(-port.size_bytes // 16) * 16 for port in rendered.inputs)
                if needed > left or len(programs[-1]) == 20:
                    programs.append([])
                    left = RAM_BYTES
                left -= needed
                number += 1
                programs[-1].append(Case(name=f"{operator} {dtype} case {k}", model=model, rendered=rendered))
    return programs


def contract_of(operator: str) -> OperatorContract:
    module = import_module(f"tests.ops.test_{operator}")
    (found,) = (
        value
        for name, value in vars(module).items()
        if name.startswith("Test") and isinstance(value, type) and issubclass(value, OperatorContract)
    )
    contract: OperatorContract = found()
    return contract


def run(operators: tuple[str, ...], types: tuple[str, ...], count: int, folder: Path) -> int:
    """Compare cases with the reference, and return how many there were."""
    if reason := missing_tools(BOARD):
        pytest.skip(reason)
    programs = cases_of(operators, types, count)
    for number, cases in enumerate(programs):
        sets = [standard_feeds(cases, step) for step in range(3)]
        outputs = run_on_board(merge([case.rendered for case in cases]), BOARD, folder / str(number), sets)
        differing = [differing_cases(cases, inputs, got) for inputs, got in zip(sets, outputs, strict=True)]
        assert differing == [{}] * 3
    return sum(map(len, programs))


def test_operators_of_dense_networks_equal_the_reference_where_int_has_16_bits(tmp_path: Path) -> None:
    assert run(DENSE, EXACT, 1, tmp_path) >= 2 * len(DENSE) - 1
    assert run(WIDE, ("int16",), 1, tmp_path) == len(WIDE)


@pytest.mark.parametrize("dtype", ["int16", "hybrid"])
def test_a_layer_that_computes_in_double_precision_is_refused_before_anything_is_built(dtype: str) -> None:
    contract = contract_of("fully_connected")
    assert dtype in contract.dtypes
    models = contract.models(dtype, 8)
    with pytest.raises(
        UnsupportedModel, match=r"FULLY_CONNECTED \(operator 0 of the model\) computes in double precision"
    ):
        [render_case(model, number, BOARD) for number, model in enumerate(models)]


@pytest.mark.slow
def test_more_operators_equal_the_reference_where_int_has_16_bits(tmp_path: Path) -> None:
    assert run(DENSE, EXACT, 4, tmp_path) + run(OTHERS, EXACT, 2, tmp_path) >= 100
