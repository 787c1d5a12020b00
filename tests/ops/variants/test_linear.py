# SPDX-License-Identifier: Apache-2.0
"""Weighted sums with one rounding against the reference's definition with three, for every pair of inputs."""

from __future__ import annotations

import numpy as np

from harness.ops._fixed_point import doubling_high_multiply, rounding_shift_right
from harness.ops._quantized import quantize_multiplier
from harness.ops.variants._linear import Linear, Sum, Wide, fit_linear, table_of

X = np.arange(-128, 128, dtype=np.int64)


def draw(rng: np.random.Generator, sign: int) -> Sum:
    scales = 10.0 ** rng.uniform(-2.0, 0.0, size=3)
    twice = 2.0 * max(scales[:2])
    reals = (scales[0] / twice, scales[1] / twice, twice / (2**20 * scales[2]))
    found = [quantize_multiplier(float(real)) for real in reals]
    low, high = sorted(int(n) for n in rng.integers(-128, 128, size=2))
    return Sum(
        sign=sign,
        left_shift=20,
        offsets=(int(rng.integers(-127, 129)), int(rng.integers(-127, 129))),
        multipliers=(
            (found[0].value, found[0].shift),
            (found[1].value, found[1].shift),
            (found[2].value, found[2].shift),
        ),
        output_zero=int(rng.integers(-128, 128)),
        low=low,
        high=max(high, low + 1),
    )


def reference(wanted: Sum, x: int, y: int) -> int:
    def scaled(value: int, multiplier: tuple[int, int]) -> int:
        return rounding_shift_right(doubling_high_multiply(value, multiplier[0]), -multiplier[1])

    first, second = (
        scaled((value + offset) << wanted.left_shift, multiplier)
        for value, offset, multiplier in zip((x, y), wanted.offsets, wanted.multipliers[:2], strict=True)
    )
    output = scaled(first + wanted.sign * second, wanted.multipliers[2]) + wanted.output_zero
    return min(max(output, wanted.low), wanted.high)


def kernel(linear: Linear, wanted: Sum, drop: int) -> Wide:
    total = linear.constant + ((linear.first * X) >> drop)[:, None] + ((linear.second * X) >> drop)[None, :]
    assert np.abs(total).max() < 1 << 31
    assert max(abs(linear.first), abs(linear.second)) < 1 << 31
    return np.asarray(np.clip(total >> linear.shift, wanted.low, wanted.high), np.int64)


def test_a_weighted_sum_is_found_and_equals_the_reference_for_every_pair() -> None:
    rng = np.random.default_rng(5)
    for number in range(40):
        wanted = draw(rng, sign=1 - 2 * (number % 2))
        for drop in (0, 8):
            linear = fit_linear(wanted, drop)
            assert linear is not None
            assert (kernel(linear, wanted, drop) == table_of(wanted)).all()


def test_the_table_of_all_pairs_is_the_definition() -> None:
    rng = np.random.default_rng(6)
    for number in range(8):
        wanted = draw(rng, sign=1 - 2 * (number % 2))
        table = table_of(wanted)
        for x, y in rng.integers(-128, 128, size=(200, 2)).tolist():
            assert table[x + 128, y + 128] == reference(wanted, x, y)


def test_halves_that_go_away_from_zero_on_both_sides_are_met() -> None:
    half = (1 << 30, 0)
    wanted = coarse(half, (1 << 30, -19))
    assert [reference(wanted, x, 0) for x in (-1, 1)] == [-1, 1]
    linear = fit_linear(wanted, 0)
    assert linear is not None
    assert (kernel(linear, wanted, 0) == table_of(wanted)).all()


def test_no_sum_is_given_where_one_rounding_cannot_do() -> None:
    wanted = coarse((1 << 30, -20), (1 << 30, 0))  # a quarter is rounded to a half, then to one
    assert [reference(wanted, x, 0) for x in (0, 1, 2)] == [0, 1, 1]
    assert fit_linear(wanted, 0) is None
    assert fit_linear(wanted, 8) is None


def coarse(operand: tuple[int, int], output: tuple[int, int]) -> Sum:
    return Sum(
        sign=1,
        left_shift=20,
        offsets=(0, 0),
        multipliers=(operand, operand, output),
        output_zero=0,
        low=-128,
        high=127,
    )
