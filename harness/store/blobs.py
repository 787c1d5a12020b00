# SPDX-License-Identifier: Apache-2.0
"""Files addressed by their content: models, images, logs, raw samples, in ``blobs/ab/<sha256>``."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.errors import StoreError

_HINT = "Make the folder writable, free some space, or choose another folder with --results DIR."


@dataclass(frozen=True, slots=True)
class Blobs:
    """A folder of blobs; it is made when the first one is put."""

    folder: Path

    def put(self, content: bytes | Path) -> str:
        """Keep a file's content and return its SHA-256: whole, on the disk, or not at all. Raises StoreError."""
        try:
            data = content if isinstance(content, bytes) else content.read_bytes()
            sha256 = hashlib.sha256(data).hexdigest()
            target = self.folder / sha256[:2] / sha256
            if not (target.exists() and target.stat().st_size == len(data)):
                _write_atomically(target, data)
        except OSError as error:
            raise StoreError(f"a file of {self.folder} cannot be written: {error}", hint=_HINT) from error
        return sha256

    def get(self, sha256: str, *, verify: bool = False) -> Path:
        """Return the path of a blob, its content compared with its hash on request.

        Raises StoreError where it is missing, damaged, or ``sha256`` is no hash.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise StoreError(f"{sha256!r} is no SHA-256", hint="Give all its 64 hexadecimal digits.")
        path = self.folder / sha256[:2] / sha256
        try:
            if not path.is_file():
                raise StoreError(f"{path} is missing", hint="Restore it from a copy, or run again what made it.")
            if verify and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                raise StoreError(f"{path} is damaged", hint="Delete it, and run again what made it.")
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error}", hint="Check the folder's rights and disk.") from error
        return path


def _write_atomically(target: Path, data: bytes) -> None:
    """Write beside the target, bring it to the disk, then rename: a reader sees the whole file or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
