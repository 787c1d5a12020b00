# SPDX-License-Identifier: Apache-2.0
"""The importance of parameters."""

from __future__ import annotations

import random

from harness.stats import permutation_importance
from harness.stats.importance import LEAST_ROWS, Value


def drawn(count: int) -> tuple[list[dict[str, Value]], list[float]]:
    """Rows whose target depends on the family, on one family's width, and on nothing else that they have."""
    chance = random.Random(3)
    rows: list[dict[str, Value]] = []
    targets = []
    for _ in range(count):
        family = chance.choice(("conv", "dense"))
        row: dict[str, Value] = {"family": family, "idle": chance.randint(1, 9), "same": 3}
        if family == "conv":
            row["conv.width"] = chance.choice((4, 8, 16, 32, 64))
            targets.append(500.0 * int(row["conv.width"]) + chance.uniform(0, 900))
        else:
            row["dense.units"] = chance.choice((4, 8, 16))
            targets.append(50.0 + chance.uniform(0, 900))
        rows.append(row)
    return rows, targets


def test_what_decides_the_target_comes_first_and_what_is_idle_counts_for_nothing() -> None:
    found = permutation_importance(*drawn(120))
    assert found is not None
    assert found.explained > 0.8
    shares = {effect.name: effect for effect in found.effects}
    assert [effect.name for effect in found.effects][:2] == ["family", "conv.width"]
    assert shares["conv.width"].low > 0.02
    assert abs(shares["idle"].share) < 0.02
    assert shares["idle"].low <= 0.0 <= shares["idle"].high
    assert "same" not in shares  # it never varied: nothing can be said
    assert shares["conv.width"].rows + shares["dense.units"].rows == found.rows == 120


def test_noise_is_not_explained() -> None:
    chance = random.Random(4)
    rows = [{"width": chance.randint(1, 64), "types": chance.choice(("int8", "float"))} for _ in range(60)]
    found = permutation_importance(rows, [chance.random() for _ in rows])
    assert found is not None
    assert found.explained < 0.05


def test_the_same_rows_give_the_same_answer() -> None:
    rows, targets = drawn(40)
    assert permutation_importance(rows, targets) == permutation_importance(rows, targets)


def test_too_few_rows_or_nothing_that_varies_say_nothing() -> None:
    rows, targets = drawn(LEAST_ROWS - 1)
    assert permutation_importance(rows, targets) is None
    rows, targets = drawn(40)
    assert permutation_importance(rows, [1.0] * 40) is None
    assert permutation_importance([{"same": 1}] * 40, targets) is None
