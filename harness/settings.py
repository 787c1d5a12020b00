# SPDX-License-Identifier: Apache-2.0
"""Where the harness keeps and finds things: results, caches, and the data files that travel with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from harness.errors import UserError

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder ``firmware_templates`` or ``boards``: beside the package in a checkout, inside it in a wheel.

    Raises FileNotFoundError where the installation is incomplete.
    """
    for candidate in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the installation lacks its folder {name!r}; install mcu-harness again")


def results_dir(option: Path | None = None) -> Path:
    """Return the folder of results: the option, else ``HARNESS_RESULTS``, else ``./results``."""
    return (option or Path(os.environ.get("HARNESS_RESULTS") or "results")).absolute()


def store_url() -> str | None:
    """Return the URL of the database of results, ``HARNESS_STORE``; None where they lie in the folder of results."""
    return os.environ.get("HARNESS_STORE") or None


def cache_dir() -> Path:
    """Return the folder of what can be made again: ``HARNESS_CACHE``, else the user's cache folder."""
    explicit = os.environ.get("HARNESS_CACHE")
    if explicit:
        return Path(explicit).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mcu-harness"


@contextmanager
def writing(folder: Path, hint: str) -> Iterator[None]:
    """Say as a UserError, with what to do, that the system refuses to write in a folder."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}", hint=hint) from error


def writing_cache() -> AbstractContextManager[None]:
    """Say as a UserError that the system refuses to write in the cache."""
    return writing(cache_dir(), "Make the cache writable, free some space, or name another folder by HARNESS_CACHE.")


def bench_file() -> Path:
    """Return where the lab's bench file is, or would be: ``HARNESS_BENCH``, else in the user's settings."""
    explicit = os.environ.get("HARNESS_BENCH")
    if explicit:
        return Path(explicit).absolute()
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "mcu-harness" / "bench.toml"
