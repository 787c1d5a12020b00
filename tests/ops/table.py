# SPDX-License-Identifier: Apache-2.0
"""Write the table of operators to standard output: ``python -m tests.ops.table > docs/operators.md``.

It lists the cases that the contracts in this folder run in ``make test``, and nothing that no test runs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from harness.testing.operators import HOST, OperatorContract
from harness.testing.packed import PackedContract
from harness.testing.stateful import StatefulContract
from tests.ops.moving import HostContract

_SAMPLES: tuple[tuple[type[OperatorContract], int], ...] = (  # of a type on each core, in one program for all
    (PackedContract, 2),  # test_samples_on_cores.py
    (HostContract, 1),  # test_on_boards.py
    (StatefulContract, 1),  # test_state_on_cores.py
)
_HEAD = """# Operators

What the `codegen` runtime generates, and what is proven of it: compiled, run and compared with the TFLite reference
kernels (integers to the bit), in how many cases of each type. Made by `python -m tests.ops.table` from the tests.
Versions and types beyond these are refused by name before anything is built.

| operator | types | host | Cortex-M4 | RISC-V |
|---|---|---|---|---|
"""
_NOTES = """
Cases are for each type; of int32 in operators that only move elements, a quarter as many run on the host. Where the
cores have 6, they have 2 of int16 and of hybrid. `make slow` runs 300 on the host (75 of that int32, 60 of variables),
and more on the cores where they have one or two.

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
- QUANTIZE of floats beyond 32 bits and of not-a-number is undefined in the reference: here the nearest end of the
  range, and the lowest number.
- Comparisons of int8, and EQUAL and NOT_EQUAL of int16, need scales below 1, as the reference computes them wrongly
  above.
- VAR_HANDLE and CALL_ONCE leave no code: a variable is memory, and `<name>_reset()` gives it the values that the called
  subgraph assigns, which must be constants. Operators with state run ten inferences without a reset besides.
- UNIDIRECTIONAL_SEQUENCE_LSTM is that of the LSTM layer of Keras: no projection, peepholes, coupled gates or layer
  normalization. A hybrid one quantizes its own answer for the next step: where exp or tanh differ in the last bit and
  it rounds the other way, later steps differ by up to a quantization step (in 1 of 150 generated sequences of 10).
- SVDF of int8 needs a fused RELU, as the reference kernel does; both clamp to int8 alone.
- MAXIMUM, MINIMUM, SELECT and SELECT_V2 of int8 and int16 need one scale and zero point for inputs and output.
"""


def rows() -> list[str]:
    """Return one row for every contract class in this folder."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for name, member in sorted(vars(import_module(f"tests.ops.{path.stem}")).items()):
            if name.startswith("Test") and isinstance(member, type) and issubclass(member, OperatorContract):
                found[member.operator] = _row(member)
    # Each case with a variable holds one of both.
    found |= {name: found["READ_VARIABLE"].replace("READ_VARIABLE", name) for name in ("CALL_ONCE", "VAR_HANDLE")}
    return [row for _, row in sorted(found.items())]


def _row(contract: type[OperatorContract]) -> str:
    samples = next((count for base, count in _SAMPLES if issubclass(contract, base)), 0)
    cores = [
        str(contract.cases_on_boards if core in contract.boards else samples) for core in ("mps2_an386", "riscv32_virt")
    ]
    host = contract.cases_on_host if HOST in contract.boards else 0
    return f"| {contract.operator} | {', '.join(contract.dtypes)} | {host} | {' | '.join(cores)} |"


if __name__ == "__main__":
    sys.stdout.write(_HEAD + "\n".join(rows()) + "\n" + _NOTES)
