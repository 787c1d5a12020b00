# SPDX-License-Identifier: Apache-2.0
"""The models that a page carries: as links that save a file, up to a limit for each and for the page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from harness.errors import StoreError
from harness.records import Artifact
from harness.store import Store

MOST_BYTES = 256 * 1024
MOST_BYTES_A_PAGE = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model's file: its bytes, None where the store has lost them, and a link with them, empty beyond the limits."""

    name: str
    model: bytes | None
    link: str
    note: str  # why there is no link


class ModelFiles:
    """Reads models for one page, and counts what it carries."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._carried = 0

    def read(self, artifact: Artifact) -> ModelFile:
        """Return a model's file. One that is missing or damaged is told, not raised."""
        name = _file_name(artifact)
        try:
            model = self._store.get_blob(artifact.sha256, verify=True).read_bytes() if self._store else None
        except StoreError:
            return ModelFile(name=name, model=None, link="", note="The store has lost the model's file.")
        if model is None:
            return ModelFile(name=name, model=None, link="", note="")
        within = len(model) <= MOST_BYTES and self._carried + len(model) <= MOST_BYTES_A_PAGE
        if not within:
            where = f"blobs/{artifact.sha256[:2]}/{artifact.sha256}"
            limits = f"up to {MOST_BYTES >> 10} KiB, {MOST_BYTES_A_PAGE >> 20} MiB in all"
            note = f"Not in this page, which carries models {limits}; in the folder of results it is {where}."
            return ModelFile(name=name, model=model, link="", note=note)
        self._carried += len(model)
        link = f"data:application/octet-stream;base64,{base64.b64encode(model).decode()}"
        return ModelFile(name=name, model=model, link=link, note="")


def _file_name(artifact: Artifact) -> str:
    last = artifact.name.replace("\\", "/").rpartition("/")[2].removesuffix(".tflite")
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in last).strip(".")[:60]
    return f"{plain or 'model'}.tflite"
