# SPDX-License-Identifier: Apache-2.0
"""Which cases of operators run on an AVR: what ``test_on_avr.py`` holds and ``table.py`` tells."""

from __future__ import annotations

BOARD = "simavr_atmega2560"
MANY = 4  # of a type, in the slow tests
_DENSE = ("FULLY_CONNECTED", "SOFTMAX", "LOGISTIC", "TANH", "RELU", "ADD", "QUANTIZE", "DEQUANTIZE", "RESHAPE")
_WIDE = ("MUL", "ABS", "LOGISTIC", "TANH", "BATCH_MATMUL")  # products of int16, which an int of 16 bits does not hold
QUICK = (
    *((operator, "int8") for operator in _DENSE),
    *((operator, "float32") for operator in _DENSE if operator != "DEQUANTIZE"),
    *((operator, "int16") for operator in _WIDE),
)
# Of the first ``MANY`` cases those that are refused, as a double has 32 bits there, or that need too much memory.
_FEWER = {
    ("ASSIGN_VARIABLE", "float32"): 1,
    ("CONCATENATION", "int32"): 1,
    ("CONV_2D", "hybrid"): 2,
    ("DEPTH_TO_SPACE", "int32"): 1,
    ("DEPTHWISE_CONV_2D", "hybrid"): 4,
    ("FULLY_CONNECTED", "int16"): 4,
    ("FULLY_CONNECTED", "hybrid"): 2,
    ("MIRROR_PAD", "int8"): 1,
    ("MIRROR_PAD", "int16"): 2,
    ("MIRROR_PAD", "float32"): 3,
    ("MIRROR_PAD", "int32"): 2,
    ("PAD", "int16"): 1,
    ("PAD", "float32"): 1,
    ("SOFTMAX", "int8"): 1,
    ("SPLIT", "int16"): 1,
    ("SPLIT_V", "float32"): 1,
    ("SPLIT_V", "int32"): 1,
    ("SVDF", "hybrid"): 2,
    ("TILE", "float32"): 1,
    ("TRANSPOSE_CONV", "hybrid"): 4,
    ("UNIDIRECTIONAL_SEQUENCE_LSTM", "hybrid"): 2,
}


def quick_cases(operator: str, dtype: str) -> int:
    """Return how many cases of a type run in ``make test``."""
    return QUICK.count((operator, dtype))


def slow_cases(operator: str, dtype: str) -> int:
    """Return how many cases of a type run in the slow tests."""
    return MANY - _FEWER.get((operator, dtype), 0)
