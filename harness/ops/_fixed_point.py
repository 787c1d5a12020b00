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
_HALF_SQRT_2 = 1518500250  # sqrt(2)/2, 0 integer bits


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


def inverse_sqrt(value: int) -> tuple[int, int]:
    """Return 1/sqrt(value) as ``(mantissa, right)``: mantissa * 2**(-31 - right), by five steps of Newton.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/common.h`` (``GetInvSqrtQuantizedMultiplierExp``).
    """
    if value <= 1:
        return ONE, 0
    right = 11
    while value >= 1 << 29:
        value //= 4
        right += 1
    pairs = (31 - value.bit_length()) // 2 - 1
    right -= pairs
    half = rounding_shift_right((value << (2 * pairs)) >> 1, 1)
    root = 1 << 28  # 3 integer bits, as half
    for _ in range(5):
        cube = _saturated(doubling_high_multiply(doubling_high_multiply(root, root), root) << 6)
        root = _saturated((doubling_high_multiply(3 << 27, root) - doubling_high_multiply(half, cube)) << 3)
    root = doubling_high_multiply(root, _HALF_SQRT_2)
    return (root << -right, 0) if right < 0 else (root, right)


def reciprocal(value: int) -> int:
    """Return 1 / (1 + value) for a value in [0, 1), both with 0 integer bits, by three steps of Newton."""
    total = value + ONE
    half = (total + (1 if total >= 0 else -1)) // 2
    estimate = 1515870810 + doubling_high_multiply(half, -1010580540)
    for _ in range(3):
        missing = (1 << 29) - doubling_high_multiply(half, estimate)
        estimate += doubling_high_multiply(estimate, missing) * 4
    return min(estimate * 2, ONE)


def _saturated(value: int) -> int:
    return max(-(1 << 31), min(ONE, value))
