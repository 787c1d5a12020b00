# SPDX-License-Identifier: Apache-2.0
"""The file of a model: what can be read, and what never ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.tflite import file, read_file


def test_a_file_is_read_up_to_what_a_model_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_LARGEST_BYTES", 1 << 20)
    path = tmp_path / "model.tflite"
    path.write_bytes(bytes(1 << 20))
    assert len(read_file(path)) == 1 << 20
    with pytest.raises(UserError, match="/dev/zero is larger than 1 MiB"):
        read_file(Path("/dev/zero"))


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_file(tmp_path)
