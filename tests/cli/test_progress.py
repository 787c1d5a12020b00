# SPDX-License-Identifier: Apache-2.0
"""What a command says of its stages where nobody looks."""

from __future__ import annotations

import pytest

from harness.cli._progress import Progress


@pytest.mark.parametrize(("quiet", "said"), [(False, "m on b: waiting for /dev/x, which process 7 uses\n"), (True, "")])
def test_only_what_is_waited_for_is_said(quiet: bool, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=quiet) as progress:
        watch = progress.watch("m on b")
        watch("building")
        watch("waiting for /dev/x, which process 7 uses")
    assert capsys.readouterr().err == said
