# SPDX-License-Identifier: Apache-2.0
"""The prefix of a model's symbols, whatever its file is called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.emit.names import c_prefix


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("kws", "kws"),
        ("Mobile-Net v1 (0.25)", "mobile_net_v1_0_25"),
        ("Übung é", "ubung_e"),
        ("2nd", "model_2nd"),
        ("int", "model_int"),
        ("string", "model_string"),
        ("harness_model", "model_harness_model"),
        ("", "model_0"),
        ("日本語", "model_0"),
        ('"; system("rm -rf /"); //', "system_rm_rf"),
        ("*/ int x; /*", "int_x"),
    ],
)
def test_a_file_name_becomes_a_prefix(name: str, prefix: str) -> None:
    assert c_prefix(name) == prefix


@given(st.text(max_size=200))
def test_any_name_becomes_a_plain_short_identifier(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,50}", c_prefix(name))


@given(st.text(max_size=200))
def test_a_prefix_stays_itself(name: str) -> None:
    assert c_prefix(c_prefix(name)) == c_prefix(name)
