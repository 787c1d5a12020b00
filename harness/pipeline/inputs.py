# SPDX-License-Identifier: Apache-2.0
"""The user's own tensors: read, checked against the model, written back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.errors import UserError
from harness.pipeline.request import Tensors
from harness.runtimes import RenderedModel


def read_tensors(paths: Sequence[Path]) -> Tensors:
    """Read ``.npy`` files. Raises UserError, naming the file, where one is missing or no plain array."""
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> np.ndarray:
    try:
        loaded = np.load(path, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        raise UserError(
            f"{path} is no .npy file of a plain array", hint="Write one array of numbers with numpy.save."
        ) from error
    if not isinstance(loaded, np.ndarray):
        raise UserError(f"{path} is an archive of several arrays", hint="Write one .npy file for each input.")
    return loaded


def write_tensors(paths: Sequence[Path], outputs: Tensors) -> None:
    """Write the model's outputs in its order. Raises UserError where there are more or fewer files than outputs."""
    if len(paths) != len(outputs):
        raise UserError(
            f"the model has {len(outputs)} outputs, {len(paths)} files are named", hint="Give --output once for each."
        )
    for path, values in zip(paths, outputs, strict=True):
        try:
            with path.open("wb") as file:
                np.save(file, values, allow_pickle=False)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def check_own_inputs(rendered: RenderedModel, inputs: Tensors | None) -> Tensors | None:
    """Return the user's inputs if they are just what the model takes: raw tensors of its own types and shapes.

    Nothing is scaled, reshaped or converted. Raises UserError naming the input, what is wanted and what was given.
    """
    if inputs is None:
        return None
    if len(inputs) != len(rendered.inputs):
        raise UserError(
            f"the model has {len(rendered.inputs)} inputs, {len(inputs)} are given", hint="Give --input once for each."
        )
    inputs = tuple(np.asarray(values) for values in inputs)
    for number, (port, values) in enumerate(zip(rendered.inputs, inputs, strict=True)):
        if values.dtype != np.dtype(port.dtype.value) or values.shape != port.shape:
            raise UserError(
                f"input {number} must be {port.dtype.value} of shape {list(port.shape)},"
                f" not {values.dtype.name} of shape {list(values.shape)}",
                hint="Raw tensors are taken as they are, batch included: quantize and reshape them before.",
            )
    return inputs


def hash_inputs(own: Tensors | None, real_samples: Sequence[Tensors]) -> str:
    """Return the identity of all that a measurement is fed beside the standard inputs, as SHA-256."""
    digest = hashlib.sha256()
    for tensors in (own or (), *real_samples):
        for values in tensors:
            digest.update(f"{values.dtype.name}{values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        digest.update(b";")
    return digest.hexdigest()
