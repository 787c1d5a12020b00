# SPDX-License-Identifier: Apache-2.0
"""Golden outputs from TensorFlow Lite Micro's own kernels, by the Python package ``tflite-micro``.

They are not those of TFLite: softmax, additions and rescaling of some operators are computed in other ways.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import proc
from harness.errors import BadModel, UserError
from harness.records import Reference

Array = NDArray[np.generic]

PACKAGE = "tflite-micro"
_ARENA_BYTES = 64 << 20  # more than any model for a microcontroller needs
_STEP_BYTES = 16
_BISECTION_SECONDS = 120.0
_ANSWER = "arena bytes: "


class TflmGolden:
    """A model in TensorFlow Lite Micro's interpreter. It is reset before every call: no state survives one."""

    kernels = "TFLM"

    def __init__(self, model: bytes, *, outputs: int) -> None:
        """Check that the interpreter takes the model, which has ``outputs``.

        Raises BadModel where it does not, UserError without the package.
        """
        self._interpreter = open_interpreter(model)
        self._outputs = outputs

    def outputs(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Run one inference; return the outputs in the model's order."""
        return self.sequence([inputs])[0]

    def sequence(self, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
        """Run inferences one after the other, so that a model's state carries over."""
        self._interpreter.reset()
        return [infer(self._interpreter, inputs, self._outputs) for inputs in steps]

    def tensors(
        self, inputs: Sequence[Array], wanted: Sequence[int], *, before: Sequence[Sequence[Array]] = ()
    ) -> Mapping[int, Array]:
        """Return nothing: this interpreter shows no layers, and none may be asked for."""
        del inputs, before
        assert not wanted
        return {}

    def describe(self) -> Reference:
        """Name the interpreter."""
        return Reference(package=PACKAGE, version=package_version(), kernels=self.kernels)


def smallest_arena(model: bytes) -> int:
    """Return the bytes of the smallest arena, in steps of 16, in which the interpreter of this machine takes a model.

    It is asked in a process of its own: with every arena that is too small it prints.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        ended = proc.run([sys.executable, "-m", __name__, str(path)], timeout_seconds=_BISECTION_SECONDS)
    found = re.search(rf"^{_ANSWER}(\d+)$", ended.output, re.MULTILINE)
    if ended.exit_code != 0 or found is None:
        raise BadModel("TensorFlow Lite Micro found no arena for the model", log=ended.output)
    return int(found[1])


def package_version() -> str:
    """Return the version of the package. Raises UserError, naming what to install, where it is absent."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError as error:
        raise UserError(
            f"the runtime tflm is verified against the Python package {PACKAGE}, which is not installed",
            hint='pip install "mcu-harness[tflm]"',
        ) from error


def open_interpreter(model: bytes, *, arena_bytes: int = _ARENA_BYTES) -> Any:
    """Return a fresh interpreter. Raises BadModel, with its words, where it refuses the model or the arena."""
    package_version()
    from tflite_micro import runtime

    try:
        return runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    except (RuntimeError, ValueError) as error:
        raise BadModel(f"TensorFlow Lite Micro refuses the model: {error}") from error


def infer(interpreter: Any, inputs: Sequence[Array], outputs: int) -> tuple[Array, ...]:
    """Run one inference in an interpreter, which keeps its state. Raises UserError where the inputs do not fit."""
    try:
        for index, values in enumerate(inputs):
            interpreter.set_input(values, index)
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        raise UserError(f"TensorFlow Lite Micro cannot run the model with this input: {error}") from error
    return tuple(np.array(interpreter.get_output(index)) for index in range(outputs))


def _bisect(model: bytes) -> int:
    low, high = 0, _ARENA_BYTES // _STEP_BYTES
    while high - low > 1:
        middle = (low + high) // 2
        try:
            open_interpreter(model, arena_bytes=middle * _STEP_BYTES)
            high = middle
        except BadModel:
            low = middle
    return high * _STEP_BYTES


if __name__ == "__main__":
    print(f"\n{_ANSWER}{_bisect(Path(sys.argv[1]).read_bytes())}", flush=True)
