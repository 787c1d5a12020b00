# SPDX-License-Identifier: Apache-2.0
"""Write the table of operators to standard output: ``python -m tests.ops.table > docs/operators.md``.

It lists the cases that the contracts in this folder run in ``make test`` and in ``make slow``, and nothing else;
``test_floor.py`` fails where the page says something else.
"""

from __future__ import annotations

import sys

from harness.testing.operators import HOST, SAMPLED, OperatorContract
from tests.ops import avr
from tests.ops.contracts import contracts

_XTENSA = "xtensa_lx106_sim"
_BESIDE = ("CALL_ONCE", "VAR_HANDLE")  # each case with a variable holds one of both
_HEAD = """# Operators

What the `codegen` runtime generates, and where it is proven: compiled, run and compared with the TFLite reference
kernels (integers to the bit), in how many generated cases of each operator and type. Made from the tests by
`python -m tests.ops.table`. Versions and types beyond these are refused by name before anything is built.

The first number is that of `make test`, the second that of `make slow`; a dot stands for none. Each case is run for
several inputs, extremes and random ones. Other cores are proven by whole models and by the kernels made for them. The
second numbers were last run, all of them, on 2026-11-30: no case differed.

| operator | type | host | Cortex-M4 | RISC-V | Xtensa LX106 | AVR |
|---|---|---|---|---|---|---|
"""
_NOTES = """
- int16 stands for 16x8: int16 activations with the zero point 0, int8 weights, biases of 64 bits or, where the options
  of CONV_2D, FULLY_CONNECTED and TRANSPOSE_CONV say so, 32. The slopes of PRELU are int8 then, the second operand of
  BATCH_MATMUL may be. Operators without int16 lack it in the reference, too.
- hybrid stands for float activations and int8 weights, as dynamic-range quantization leaves them: each image, and each
  row in FULLY_CONNECTED, is quantized when the layer runs. Equal to the bit on the host. Inputs that are not finite are
  undefined there.
- FULLY_CONNECTED of int16 scales its sums, and a hybrid layer with scales by channel its inputs, in double precision,
  as the reference does: a compiler whose double has 32 bits refuses the code.
- LESS, LESS_EQUAL, GREATER and GREATER_EQUAL of int16 are compared as stored: both scales must be the same.
- ADD and SUB of int16 whose three scales are powers of two only shift, as the reference does by default.
- SUM of int8 and int16 is compared with the interpreter's own kernel: the reference adds them as if they were uint8.
- ELU: the reference kernels have none. It alone runs in the interpreter's own kernels, and the record names both.
- SQRT and RSQRT of int8 and int16 stop the reference below the input's zero point: here the answer is that of the
  zero point.
- DIV of int8 and int16 stops the reference at a divisor of zero: here the quotient is zero. Small dividends it divides
  wrongly (it shifts 32-bit numbers by more than 31 bits); that is reproduced. Keep divisions in float32.
- NEG of int8 and int16 negates the stored number, as the reference does: right where both zero points are 0.
- uint8 stands at the ends of an int8 model (`inference_input_type = tf.uint8`): QUANTIZE, DEQUANTIZE and CAST read
  and write it. A model that computes in uint8 throughout, as TensorFlow 1 made them, is refused: convert it again.
  QUANTIZE makes int32 of int8 and int16, too.
- SOFTMAX of int8 stops the reference where the exponentials of a row sum up to 512 or more, which takes more than 511
  nearly equal classes: here all shares are 0 then. Its output may be int16.
- QUANTIZE of floats beyond 32 bits and of not-a-number is undefined in the reference: here the nearest end of the
  range, and the lowest number.
- Comparisons of int8, and EQUAL and NOT_EQUAL of int16, need scales below 1, as the reference computes them wrongly
  above.
- VAR_HANDLE and CALL_ONCE leave no code: a variable is memory, and `<name>_reset()` gives it the values that the called
  subgraph assigns, which must be constants. Operators with state run ten inferences without a reset besides.
- UNIDIRECTIONAL_SEQUENCE_LSTM is that of the LSTM layer of Keras, and refused otherwise: with a projection, peepholes,
  coupled gates or layer normalization, which no layer of tf-keras or Keras 3 has, so that no conversion makes them. A
  hybrid one quantizes its own answer for the next step: where exp or tanh differ in the last bit and it rounds the
  other way, later steps differ by up to a quantization step (in 1 of 150 generated sequences of 10).
- SVDF of int8 needs a fused RELU, as the reference kernel does; both clamp to int8 alone.
- MAXIMUM, MINIMUM, SELECT and SELECT_V2 of int8 and int16 need one scale and zero point for inputs and output.
"""


def page() -> str:
    """Return the page of operators."""
    return _HEAD + "\n".join(rows()) + "\n" + _NOTES


def rows() -> list[str]:
    """Return one row for every operator and type of the contracts in this folder."""
    found = {one.operator: [_row(one, dtype) for dtype in one.dtypes] for one in contracts(OperatorContract)}
    for name in _BESIDE:
        found[name] = [row.replace("READ_VARIABLE", name) for row in found["READ_VARIABLE"]]
    return [row for _, rows_of_one in sorted(found.items()) for row in rows_of_one]


def _row(contract: type[OperatorContract], dtype: str) -> str:
    cells = [_cell(contract.quick_cases(dtype, HOST), contract.many_cases)]
    for core in (*SAMPLED, _XTENSA):
        quick = contract.quick_cases(dtype, core) or (contract.samples if core in SAMPLED else 0)
        cells.append(_cell(quick, contract.many_on_cores))
    cells.append(_cell(avr.quick_cases(contract.operator, dtype), avr.slow_cases(contract.operator, dtype)))
    return f"| {contract.operator} | {dtype} | {' | '.join(cells)} |"


def _cell(quick: int, slow: int) -> str:
    return f"{quick or '·'} / {slow or '·'}"


if __name__ == "__main__":
    sys.stdout.write(page())
