# SPDX-License-Identifier: Apache-2.0
"""Files addressed by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.store import open_store
from tests.store import examples


def test_a_blob_lies_under_its_hash_and_reads_back(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        sha256 = store.put_blob(b"model")
        assert sha256 == hashlib.sha256(b"model").hexdigest()
        assert store.get_blob(sha256, verify=True) == tmp_path / "blobs" / sha256[:2] / sha256
        assert store.get_blob(sha256).read_bytes() == b"model"


def test_a_file_is_put_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"model")
    with open_store(tmp_path) as store:
        assert store.put_blob(tmp_path / "model.tflite") == store.put_blob(b"model")
        with pytest.raises(StoreError, match="absent"):
            store.put_blob(tmp_path / "absent")


def test_an_empty_blob_is_a_blob(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert store.get_blob(store.put_blob(b""), verify=True).read_bytes() == b""


def test_putting_leaves_no_other_file(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for _ in range(2):
            sha256 = store.put_blob(b"model")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [sha256]


def test_damage_is_found_on_request_and_mended_by_putting_again(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        sha256 = store.put_blob(b"model")
        store.get_blob(sha256).write_bytes(b"mod")
        with pytest.raises(StoreError, match="damaged"):
            store.get_blob(sha256, verify=True)
        store.put_blob(b"model")
        assert store.get_blob(sha256, verify=True).read_bytes() == b"model"


def test_a_missing_blob_is_a_store_error(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, pytest.raises(StoreError, match="missing"):
        store.get_blob(examples.digest("nothing"))


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_what_is_no_hash_names_no_file(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path) as store, pytest.raises(StoreError, match="is no SHA-256"):
        store.get_blob(name)
