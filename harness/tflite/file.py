# SPDX-License-Identifier: Apache-2.0
"""The bytes of a model's file."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UserError

_LARGEST_BYTES = 512 << 20  # beyond any microcontroller; a device that never ends is no model


def read_file(path: Path) -> bytes:
    """Return a file's bytes. Raises UserError where it cannot be read or is larger than any model can be."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _LARGEST_BYTES:
        raise UserError(f"{path} is larger than {_LARGEST_BYTES >> 20} MiB: that is no model for a microcontroller")
    return data
