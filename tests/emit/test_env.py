# SPDX-License-Identifier: Apache-2.0
"""Templates: an undefined name is an error, and compiled templates are kept where they can be."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from harness.emit.env import environment, render


def test_an_undefined_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("model/binding.c.j2", {})


def test_compiled_templates_are_kept_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    environment.cache_clear()
    try:
        render("model/helpers/window.c.j2", {})
        assert list(tmp_path.rglob("*.cache"))
    finally:
        environment.cache_clear()


def test_a_cache_that_cannot_be_made_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    environment.cache_clear()
    try:
        assert "first_tap" in render("model/helpers/window.c.j2", {})
    finally:
        environment.cache_clear()
