# SPDX-License-Identifier: Apache-2.0
"""What a model's file says of itself, read without running anything in it, and whether it may be opened.

A ``.keras`` file is a zip of metadata.json, config.json and the weights. Its configuration may name any function of any
module, and may hold code (Lambda layers); a pickle is code as a whole. Both run only where the user trusts them.
"""

from __future__ import annotations

import json
import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadModel, UserError

_PICKLES = (".pkl", ".pickle")
_LEGACY = (".h5", ".hdf5")
_CODE = ("Lambda", "__lambda__")
_OWN = ("keras", "tf_keras", "builtins")
_TRUST = "Only if you trust where it comes from: --trust."


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """What wrote a file: the module that reads it, and its name with its version."""

    module: str
    described: str

    @property
    def native(self) -> bool:
        """Whether it is tf-keras, which tensorflow-model-optimization works with."""
        return self.module == "tf_keras"


def inspect_file(path: Path, *, trust: bool = False) -> Writer:
    """Say what wrote a model's file, and that it may be opened.

    Raises BadModel for a file that is neither, or, unless ``trust``, for one that holds code; UserError where it cannot
    be read.
    """
    if path.suffix in _PICKLES:
        return _pickled(path, trust=trust)
    if path.suffix in _LEGACY:
        hint = f"Convert it once, where you trust it: keras.models.load_model({path.name!r}).save('{path.stem}.keras')"
        raise BadModel(f"{path} is of Keras's old format, which cannot be opened safely", hint=hint)
    metadata, config = _contents(path)
    if not trust:
        for why in _doubts(config):
            raise BadModel(f"{path} is not opened: {why}", hint=f"Build it from layers of Keras. {_TRUST}")
    wrote = str(metadata["keras_version"])
    if wrote.partition(".")[0] in ("1", "2"):
        return Writer(module="tf_keras", described=f"tf-keras {wrote}")
    return Writer(module="keras", described=f"Keras {wrote}")


def _contents(path: Path) -> tuple[Mapping[str, Any], Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
            config = json.loads(archive.read("config.json"))
        metadata["keras_version"]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, RuntimeError) as error:
        message = f"{path} is no file of Keras's own format: it does not say which Keras wrote it"
        raise BadModel(message, hint="Save the model with model.save('name.keras').") from error
    return metadata, config


def _doubts(config: Any) -> Iterator[str]:
    """Yield why a configuration may run code that is not Keras's own."""
    for table in _tables(config):
        name, module = table.get("class_name"), table.get("module")
        if name in _CODE:
            inner = table.get("config")
            layer = inner.get("name") if isinstance(inner, dict) else None
            yield f"the layer {layer!r} is a Lambda, which holds code" if layer else "it holds code (a Lambda)"
        if isinstance(module, str) and module.partition(".")[0] not in _OWN:
            yield f"{name} comes from the module {module!r}, which is not Keras's"


def _tables(config: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _tables(part)


def _pickled(path: Path, *, trust: bool) -> Writer:
    if not trust:
        raise BadModel(f"{path} is a pickle, which runs code when it is opened", hint=f"Save a .keras file. {_TRUST}")
    try:
        texts = [str(argument) for _, argument, _ in pickletools.genops(path.read_bytes()) if isinstance(argument, str)]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise BadModel(f"{path} is no pickle: {error}") from error
    modules = {text.split(".")[0].split(" ")[0] for text in texts}
    for module in ("tf_keras", "keras"):
        if module in modules:
            return Writer(module=module, described=f"a pickle of {module}")
    raise BadModel(f"{path} is a pickle of no Keras model", hint="Pickle the model itself, or save a .keras file.")
