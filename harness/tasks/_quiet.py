# SPDX-License-Identifier: Apache-2.0
"""Keeping what TensorFlow's native code writes to standard error out of the terminal, but not out of errors."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_STDERR = 2


@dataclass(slots=True)
class Captured:
    """What was written while the capture lasted; complete after its end."""

    text: str = ""


@contextmanager
def captured_stderr() -> Iterator[Captured]:
    """Redirect the process's standard error into the yielded record; Python warnings are silenced."""
    captured = Captured()
    sys.stderr.flush()
    saved = os.dup(_STDERR)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), _STDERR)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield captured
        finally:
            sys.stderr.flush()
            os.dup2(saved, _STDERR)
            os.close(saved)
            file.seek(0)
            captured.text = file.read().decode(errors="replace")
