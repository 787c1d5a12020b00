# SPDX-License-Identifier: Apache-2.0
"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Property tests draw the same examples every time: what fails here fails everywhere, and what passed goes on to pass.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of reference models and baselines; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("the folder of reference models is absent (set HARNESS_SHARED to one that has them)")
    return folder


@pytest.fixture(scope="session")
def shared_models(shared_dir: Path) -> dict[str, Path]:
    """The five reference models by name: kws, ic, vww, ad, sww."""
    return {path.stem: path for path in sorted((shared_dir / "models").glob("*.tflite"))}
