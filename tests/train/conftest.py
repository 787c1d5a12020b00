# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import proc
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def keras3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks of Keras 3 in files, with their configurations, weights and outputs; made by a process of their own."""
    where = tmp_path_factory.mktemp("keras3")
    command = [sys.executable, "-m", "tests.train.keras3_networks", str(where)]
    ended = proc.run(command, timeout_seconds=900, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    return where
