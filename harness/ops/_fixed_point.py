# SPDX-License-Identifier: Apache-2.0
"""Fixed-point numbers of 32 bits with ``n`` integer bits: value * 2**(n - 31).

The rounding rules are those of the gemmlowp library (``fixedpoint.h``), in which the TFLite reference kernels are
defined. Plain integers of Python: nothing here overflows, and results stay within 32 bits for the ranges named.
"""

from __future__ import annotations

ONE = (1 << 31) - 1  # 0 integer bits: as near to 1 as it gets

# exp(-2**k) with 0 integer bits, k from -2 to 4: the factors by which each bit of the argument multiplies.
_EXP_OF_BIT = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)
_EXP_MINUS_EIGHTH = 1895147668  # exp(-1/8), 0 integer bits
_THIRD = 715827883  # 1/3, 0 integer bits


def doubling_high_multiply(a: int, b: int) -> int:
    """Return the rounded high half of ``2 * a * b``: the product of two fixed-point numbers."""
    return (a * b + (1 << 30)) >> 31


def rounding_shift_right(value: int, exponent: int) -> int:
    """Divide by ``2**exponent``, rounding to nearest, halves away from zero."""
    if exponent == 0:
        return value
    half = 1 << (exponent - 1)
    return (value + half - (value < 0)) >> exponent


def exp_of_nonpositive(value: int, integer_bits: int) -> int:
    """Return exp(value) with 0 integer bits, for a value <= 0 with ``integer_bits`` (at most 5) of them."""
    if value == 0:
        return ONE
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    within = (value & (quarter - 1)) - quarter  # the part in [-1/4, 0)
    result = _exp_within_quarter(within << integer_bits)
    remainder = within - value
    for exponent, factor in _EXP_OF_BIT:
        if exponent < integer_bits and remainder & (1 << (fraction_bits + exponent)):
            result = doubling_high_multiply(result, factor)
    return result


def _exp_within_quarter(value: int) -> int:
    """Return exp(value) for a value in [-1/4, 0), both with 0 integer bits: a Taylor series around -1/8."""
    x = value + (1 << 28)
    x2 = doubling_high_multiply(x, x)
    x3 = doubling_high_multiply(x2, x)
    x4_over_4 = rounding_shift_right(doubling_high_multiply(x2, x2), 2)
    series = rounding_shift_right(doubling_high_multiply(x4_over_4 + x3, _THIRD) + x2, 1)
    return _EXP_MINUS_EIGHTH + doubling_high_multiply(_EXP_MINUS_EIGHTH, x + series)
