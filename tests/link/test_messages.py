# SPDX-License-Identifier: Apache-2.0
"""Host, firmware and documentation name the same numbers."""

from __future__ import annotations

import re
from enum import IntEnum

import pytest

from harness.link.messages import Notice, Request, Status, fnv1a
from harness.settings import data_dir
from tests.conftest import ROOT


@pytest.mark.parametrize("numbers", [Request, Notice, Status])
def test_the_firmware_uses_the_hosts_numbers(numbers: type[IntEnum]) -> None:
    header = (data_dir("firmware_templates") / "project" / "include" / "harness_runner.h").read_text()
    defined = {name: int(value, 0) for name, value in re.findall(r"HARNESS_(\w+) = (\w+)", header)}
    assert {member.name: defined.get(member.name) for member in numbers} == {
        member.name: member.value for member in numbers
    }


@pytest.mark.parametrize("numbers", [Request, Notice, Status])
def test_the_documentation_names_each_number(numbers: type[IntEnum]) -> None:
    text = (ROOT / "docs" / "link.md").read_text()
    for member in numbers:
        number = str(member.value) if numbers is Status else f"0x{member.value:02X}"
        assert f"| {number} | {member.name} |" in text or f"### {member.name}, {number}" in text, member.name


def test_the_hash_of_outputs_is_fnv_1a_over_all_of_them() -> None:
    assert fnv1a() == 0x811C9DC5
    assert fnv1a(b"foobar") == fnv1a(b"foo", b"bar") == 0xBF9CF968
