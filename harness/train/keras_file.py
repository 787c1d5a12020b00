# SPDX-License-Identifier: Apache-2.0
"""A ``.keras`` file, loaded by the Keras that wrote it in a process of its own: its answers, and its int8 models.

Neither Keras reads the other's files, and both cannot be used in one process; the converter has been seen to crash.
``harness.train._keras_child`` is what the process runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from harness import errors, proc
from harness.errors import HarnessError, ToolError, UserError
from harness.tasks import Floats
from harness.train.archive import Writer, inspect_file

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
    path: Path,
    samples: Floats,
    calibration: Floats,
    *,
    trust: bool = False,
    watch: Callable[[str], None] = lambda _stage: None,
) -> KerasFile:
    """Run a saved model over samples [sample, ...], and convert it to int8 with calibration samples.

    Raises BadModel for what is no such file or, unless ``trust``, holds code of its own, UserError where the Keras that
    wrote it is not installed, ToolError where the process crashes before the float model has run.
    """
    writer = inspect_file(path, trust=trust)
    package, installed = installed_keras(writer, path)
    watch(f"loading and converting by {package} {installed}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        asked = {"model": str(path.absolute()), "keras": writer.module, "trust": trust}
        (folder / "request.json").write_text(json.dumps(asked))
        np.save(folder / "samples.npy", samples)
        np.save(folder / "calibration.npy", calibration)
        failure = _failure("harness.train._keras_child", folder, path)
        if failure is not None and not (folder / "outputs.npy").is_file():
            raise failure
        found = KerasFile(keras=f"{package} {installed}", outputs=np.load(folder / "outputs.npy"), failure=failure)
        if failure is not None:
            return found
        models = [(folder / f"{name}.tflite").read_bytes() for name in ("int8", "one_sample")]
        return replace(found, int8=models[0], one_sample=models[1])


def installed_keras(writer: Writer, path: Path) -> tuple[str, str]:
    """Return the package that reads a file, and its version here. Raises UserError where it is not installed."""
    package = _DISTRIBUTIONS[writer.module]
    try:
        return package, version(package)
    except PackageNotFoundError as error:
        hint = f"Install it with: pip install {package}"
        raise UserError(f"{path} was written by {writer.described}, which is not installed", hint=hint) from error


def run_child(module: str, folder: Path, path: Path) -> None:
    """Run a process that works on a model's file in ``folder``. Raises what it tells, ToolError where it crashes."""
    failure = _failure(module, folder, path)
    if failure is not None:
        raise failure


def _failure(module: str, folder: Path, path: Path) -> HarnessError | None:
    ended = proc.run([sys.executable, "-m", module, str(folder)], timeout_seconds=_SECONDS)
    return _told(folder, path) or _crash(ended, path)


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
