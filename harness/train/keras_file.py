# SPDX-License-Identifier: Apache-2.0
"""A ``.keras`` file, loaded by the Keras that wrote it in a process of its own: its answers, and its int8 models.

Neither Keras reads the other's files, and both cannot be used in one process; the converter has been seen to crash.
``harness.train._keras_child`` is what the process runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from harness import errors, proc
from harness.errors import BadModel, HarnessError, ToolError, UserError
from harness.tasks import Floats

_SECONDS = 1_800.0
_DISTRIBUTIONS = {"tf_keras": "tf-keras", "keras": "keras"}  # module, package


@dataclass(frozen=True, slots=True, kw_only=True)
class KerasFile:
    """What a process found: outputs [sample, ...] of the float model, and the model in int8.

    ``one_sample`` is the int8 model calibrated with the first calibration sample alone. Where the model cannot be
    converted, ``failure`` says why, and both are empty.
    """

    keras: str  # package and version that loaded the file
    outputs: Floats
    int8: bytes = b""
    one_sample: bytes = b""
    failure: HarnessError | None = None


def open_keras_file(
    path: Path, samples: Floats, calibration: Floats, *, watch: Callable[[str], None] = lambda _stage: None
) -> KerasFile:
    """Run a saved model over samples [sample, ...], and convert it to int8 with calibration samples.

    Raises BadModel for what is no such file, UserError where the Keras that wrote it is not installed, ToolError where
    the process crashes before the float model has run.
    """
    module, wrote = _writer(path)
    package = _DISTRIBUTIONS[module]
    try:
        installed = version(package)
    except PackageNotFoundError as error:
        hint = f"Install it with: pip install {package}"
        raise UserError(f"{path} was written by {wrote}, which is not installed", hint=hint) from error
    watch(f"loading and converting by {package} {installed}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "request.json").write_text(
            json.dumps({"model": str(path.absolute()), "keras": module, "trust": False})
        )
        np.save(folder / "samples.npy", samples)
        np.save(folder / "calibration.npy", calibration)
        command = [sys.executable, "-m", "harness.train._keras_child", str(folder)]
        ended = proc.run(command, timeout_seconds=_SECONDS)
        failure = _told(folder, path) or _crash(ended, path)
        if failure is not None and not (folder / "outputs.npy").is_file():
            raise failure
        found = KerasFile(keras=f"{package} {installed}", outputs=np.load(folder / "outputs.npy"), failure=failure)
        if failure is not None:
            return found
        models = [(folder / f"{name}.tflite").read_bytes() for name in ("int8", "one_sample")]
        return replace(found, int8=models[0], one_sample=models[1])


def _writer(path: Path) -> tuple[str, str]:
    """Return the module that reads a ``.keras`` file, and the name with version of what wrote it."""
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
        wrote = str(metadata["keras_version"])
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        message = f"{path} is no file of Keras's own format: it does not say which Keras wrote it"
        raise BadModel(message, hint="Save the model with model.save('name.keras').") from error
    return ("tf_keras", f"tf-keras {wrote}") if wrote.partition(".")[0] in ("1", "2") else ("keras", f"Keras {wrote}")


def _told(folder: Path, path: Path) -> HarnessError | None:
    """Return the error that the process has written, where there is one."""
    file = folder / "error.json"
    if not file.is_file():
        return None
    told = json.loads(file.read_text())
    kind = getattr(errors, told["kind"], ToolError)
    error: HarnessError = kind(told["message"], hint=told["hint"], log=told["log"])
    error.stage = f"converting {path.name}"
    return error


def _crash(ended: proc.Finished, path: Path) -> HarnessError | None:
    if ended.exit_code == 0:
        return None
    how = f"by signal {-ended.exit_code}" if ended.exit_code < 0 else f"with {ended.exit_code}"
    hint = "A recurrent layer? Fix the batch at 1 and set unroll=True."
    return ToolError(f"the process that converts {path} ended {how}", hint=hint, log=ended.output)
