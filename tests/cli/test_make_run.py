# SPDX-License-Identifier: Apache-2.0
"""What ``make run`` calls: a search that may be called again."""

from __future__ import annotations

import sys
from pathlib import Path

from harness import proc
from harness.settings import results_dir
from harness.store import open_store
from tests.conftest import ROOT


def run_script(results: Path, *arguments: str) -> proc.Finished:
    code = f"import os, runpy; os.environ['HARNESS_RESULTS'] = {str(results)!r}; "
    code += f"runpy.run_path({str(ROOT / 'scripts' / 'run.py')!r}, run_name='__main__')"
    return proc.run([sys.executable, "-c", code, *arguments], timeout_seconds=120, cwd=ROOT)


def test_a_study_that_exists_is_resumed(tmp_path: Path) -> None:
    with open_store(results_dir(tmp_path)) as store:
        store.create_study("mine", {"begun": "otherwise"})
    ended = run_script(tmp_path, "--study", "mine", "--trials", "1")
    assert ended.exit_code == 2
    assert "the study 'mine' was begun otherwise" in ended.output


def test_a_study_that_does_not_exist_is_begun(tmp_path: Path) -> None:
    with open_store(results_dir(tmp_path)) as store:
        store.create_study("third", {})
    ended = run_script(tmp_path, "--study", "mine", "--trials", "1", "--driver", "no_such_driver")
    assert ended.exit_code == 2
    assert "no_such_driver" in ended.output
    assert "no study" not in ended.output  # which is what --resume would say
