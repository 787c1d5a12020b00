# SPDX-License-Identifier: Apache-2.0
"""Records and their canonical JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from harness.records import (
    Candidate,
    CompressionStep,
    Failure,
    FlashUse,
    How,
    LayerProfile,
    Quantity,
    Verification,
    canonical_json,
    content_key,
    from_plain,
    to_plain,
)
from harness.store import Record
from tests.store.examples import measurement
from tests.store.strategies import RECORDS

FLASH = {"weights_bytes": 1, "code_bytes": 2, "total_bytes": 3}


@given(RECORDS)
def test_every_record_comes_back_equal_and_with_the_same_hash(record: Record) -> None:
    text = canonical_json(record)
    again = from_plain(type(record), json.loads(text))
    assert again == record
    assert canonical_json(again) == text
    assert content_key(again) == content_key(record)


def test_enums_tuples_and_nested_records_get_their_types_back() -> None:
    record = measurement(7)
    again = from_plain(type(record), json.loads(canonical_json(record)))
    assert again.instructions is not None
    assert again.instructions.how is How.COUNTED
    assert isinstance(again.layers, tuple)
    assert isinstance(again.verification, Verification)


def test_an_integer_in_a_field_of_floats_stays_one() -> None:
    quantity = Quantity(value=3, unit="us", how=How.MEASURED, source="timer")
    assert type(from_plain(Quantity, to_plain(quantity)).value) is int


def test_parameters_keep_the_difference_of_true_and_one() -> None:
    step = CompressionStep(name="prune", parameters=(("a", True), ("b", 1), ("c", 1.0), ("d", "1")))
    again = from_plain(CompressionStep, to_plain(step))
    assert [type(value) for _, value in again.parameters] == [bool, int, float, str]


@pytest.mark.parametrize(
    ("cls", "plain", "words"),
    [
        (FlashUse, {**FLASH, "wieghts": 1}, "FlashUse: unknown field 'wieghts'"),
        (FlashUse, {"code_bytes": 2, "total_bytes": 3}, "FlashUse: the field 'weights_bytes' is missing"),
        (FlashUse, {**FLASH, "code_bytes": True}, "FlashUse.code_bytes: True is no int"),
        (FlashUse, {**FLASH, "code_bytes": 2.0}, "FlashUse.code_bytes: 2.0 is no int"),
        (FlashUse, {**FLASH, "code_bytes": None}, "FlashUse.code_bytes: None is no int"),
        (FlashUse, [1, 2, 3], "FlashUse: [1, 2, 3] is no object"),
        (Quantity, {"value": 1.0, "unit": "us", "how": "guessed", "source": ""}, "Quantity.how: 'guessed' is no How"),
        (Quantity, {"value": "1", "unit": "us", "how": "host", "source": ""}, "Quantity.value: '1' is no float"),
        (CompressionStep, {"name": "p", "parameters": {"a": 1}}, "CompressionStep.parameters: {'a': 1} is no list"),
        (CompressionStep, {"name": "p", "parameters": [["a"]]}, "CompressionStep.parameters[0]: 1 values instead of 2"),
        (CompressionStep, {"name": "p", "parameters": [["a", None]]}, "CompressionStep.parameters[0][1]: None is none"),
        (
            LayerProfile,
            {"name": "l", "op": "ADD", "macs": 0, "instructions": "5"},
            "LayerProfile.instructions: '5' is no int",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_the_path_of_the_field(cls: type[Any], plain: Any, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        from_plain(cls, plain)
    assert str(caught.value).startswith(words)


def test_a_field_with_a_default_may_be_absent() -> None:
    plain = {"id": "1", "belongs_to": "2", "stage": "build", "kind": "BuildError", "message": "m"}
    assert from_plain(Failure, plain).log_sha256 is None


def test_a_record_made_of_a_json_text_is_hashable_again() -> None:
    candidate = Candidate(task_key="t", family="f", parameters=(("w", 1),), compression=(), seed=0)
    assert hash(from_plain(Candidate, json.loads(canonical_json(candidate)))) == hash(candidate)
