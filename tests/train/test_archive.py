# SPDX-License-Identifier: Apache-2.0
"""Model files that are told apart, or refused, before anything in them is opened."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest

from harness.errors import BadModel, UserError
from harness.train.archive import inspect_file


class Evil:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._mark,)


def keras_file(folder: Path, layers: list[dict[str, object]], version: object = "3.15.1") -> Path:
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))
    return path


DENSE: dict[str, object] = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "dense", "kernel_initializer": {"module": "keras.initializers", "class_name": "Zeros"}},
}


@pytest.mark.parametrize(
    ("version", "module", "described"),
    [("2.15.0", "tf_keras", "tf-keras 2.15.0"), ("3.15.1", "keras", "Keras 3.15.1")],
)
def test_a_file_says_which_keras_wrote_it(version: str, module: str, described: str, tmp_path: Path) -> None:
    writer = inspect_file(keras_file(tmp_path, [DENSE], version))
    assert (writer.module, writer.described, writer.native) == (module, described, module == "tf_keras")


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ({"class_name": "Lambda", "config": {"name": "twice"}}, "the layer 'twice' is a Lambda, which holds code"),
        ({"class_name": "Wrapped", "config": {"layer": {"class_name": "__lambda__", "config": {}}}}, "holds code"),
        ({"module": "os", "class_name": "system", "config": {}}, "system comes from the module 'os'"),
        ({"module": "kerasx.layers", "class_name": "Dense"}, "the module 'kerasx.layers', which is not Keras's"),
        ({**DENSE, "config": {"activation": {"module": "mine", "class_name": "function"}}}, "the module 'mine'"),
    ],
)
def test_a_file_that_holds_code_is_refused_unless_it_is_trusted(
    layer: dict[str, object], says: str, tmp_path: Path
) -> None:
    path = keras_file(tmp_path, [DENSE, layer])
    with pytest.raises(BadModel, match=says) as caught:
        inspect_file(path)
    assert "--trust" in caught.value.hint
    assert inspect_file(path, trust=True).module == "keras"


def test_a_pickle_is_refused_and_read_without_running_it_where_it_is_trusted(tmp_path: Path) -> None:
    mark, path = tmp_path / "mark", tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(BadModel, match="is a pickle, which runs code when it is opened"):
        inspect_file(path)
    with pytest.raises(BadModel, match="a pickle of no Keras model"):
        inspect_file(path, trust=True)
    path.write_bytes(b"no pickle")
    with pytest.raises(BadModel, match="is no pickle"):
        inspect_file(path, trust=True)
    assert not mark.exists()


def test_what_is_no_file_of_keras_is_named(tmp_path: Path) -> None:
    for name, content in (("a.keras", b"text"), ("b.keras", b"PK\x05\x06" + bytes(18))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadModel, match="does not say which Keras wrote it"):
            inspect_file(tmp_path / name)
    (tmp_path / "old.h5").write_bytes(b"\x89HDF")
    with pytest.raises(BadModel, match="cannot be opened safely"):
        inspect_file(tmp_path / "old.h5", trust=True)
    with pytest.raises(UserError, match="cannot be read"):
        inspect_file(tmp_path / "none.keras")
