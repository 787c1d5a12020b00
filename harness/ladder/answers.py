# SPDX-License-Identifier: Apache-2.0
"""The answers of a converted model to samples: in the reference interpreter, and as firmware on a board."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness import proc, registry
from harness.boards import Board, load_board
from harness.errors import DeviceFault, HarnessError
from harness.firmware import Project, begin_build, open_project
from harness.graph import DType, Graph, Tensor
from harness.ladder.findings import Calibration, InputUse
from harness.measure import Rig, open_emulated, open_real
from harness.measure.verify import infer
from harness.pipeline import Target, find_target
from harness.reference import Golden
from harness.runtimes import RenderedModel, Runtime
from harness.tasks import Floats
from harness.tflite import read_model

Array = NDArray[np.generic]
Watch = Callable[[str], None]

_TOLD_EVERY = 10  # samples
_REFERENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A ``.tflite`` model with its graph."""

    model: bytes
    graph: Graph
    name: str

    @property
    def output(self) -> Tensor:
        """The first output, which is the model's answer."""
        return self.graph.tensor(self.graph.outputs[0])

    @property
    def types(self) -> str:
        """What the model computes in: the type of its input, or of its weights where only those are narrow."""
        kind = self.graph.tensor(self.graph.inputs[0]).dtype
        if kind is not DType.FLOAT32:
            return "int16x8" if kind is DType.INT16 else kind.value
        held = {tensor.dtype for tensor in self.graph.tensors.values() if tensor.data is not None}
        return next((dtype.value for dtype in (DType.FLOAT16, DType.INT8) if dtype in held), kind.value)


def read_converted(model: bytes, name: str) -> Converted:
    """Read a model. Raises BadModel, UnsupportedModel."""
    return Converted(model=model, graph=read_model(model, name=name), name=name)


def reference_answers(converted: Converted, inputs: Sequence[Array]) -> list[Array]:
    """Return the first output for each input in the reference interpreter.

    What the code generator refuses may be what ends the interpreter with its whole process: such a model runs in one of
    its own. Raises what refused it, where it does.
    """
    try:
        render_for(load_board("host"), converted)
    except HarnessError:
        found = _answers_of_child(converted, inputs)
        if found is None:
            raise
        return found
    golden = Golden(converted.model)
    return [golden.outputs((values,))[0] for values in inputs]


def _answers_of_child(converted: Converted, inputs: Sequence[Array]) -> list[Array] | None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.tflite").write_bytes(converted.model)
        np.savez(folder / "inputs.npz", *inputs)
        command = [sys.executable, "-m", "harness.ladder._reference_child", scratch]
        if proc.run(command, timeout_seconds=_REFERENCE_SECONDS).exit_code != 0:
            return None
        with np.load(folder / "outputs.npz") as outputs:
            return [outputs[f"arr_{number}"] for number in range(len(inputs))]


def render_for(board: Board, converted: Converted) -> RenderedModel:
    """Generate code for a board. Raises UnsupportedModel, DoesNotFit."""
    runtime: Runtime = registry.load("harness.runtimes", "codegen").RUNTIME
    return runtime.render(converted.model, board, name=converted.name)


def device_answers(converted: Converted, board: str, inputs: Sequence[Array], watch: Watch) -> list[Array]:
    """Return the first output for each input of the generated code on a board. Raises what a bench raises."""
    target = find_target(board, estimate=False)
    watch("rendering")
    rendered = render_for(target.machine, converted)
    with open_project(rendered, target.machine, optimize="speed") as project:
        watch("building")
        with begin_build(project, target.machine) as building:
            image = building.image()
        with _open(target, project, image.elf, rendered, watch) as rig:
            if rig.device.hello().build_key != project.build_key:
                raise DeviceFault(f"another image than the one that was built answers on {board}")
            return list(_infer_all(rig, rendered, inputs, watch))


@contextmanager
def _open(target: Target, project: Project, elf: Path, rendered: RenderedModel, watch: Watch) -> Iterator[Rig]:
    if target.driver is not None:
        with open_emulated(target.machine, target.driver, elf, rendered) as rig:
            yield rig
        return
    assert target.port is not None
    with open_real(target.machine, project, target.port, watch=watch) as rig:
        yield rig


def _infer_all(rig: Rig, rendered: RenderedModel, inputs: Sequence[Array], watch: Watch) -> Iterator[Array]:
    for number, values in enumerate(inputs):
        if number % _TOLD_EVERY == 0:
            watch(f"sample {number + 1} of {len(inputs)}")
        yield infer(rig.device, rendered, (values,))[0]


def calibration_of(whole: Graph, first: Graph, samples: int) -> Calibration:
    """Compare the scales of activations that all samples gave with those that the first gave alone."""
    scales = {index: tensor.quantization for index, tensor in whole.tensors.items() if tensor.data is None}
    known = {index: quantization for index, quantization in scales.items() if quantization is not None}
    others = {index: tensor.quantization for index, tensor in first.tensors.items()}
    changed = sum(others.get(index) != quantization for index, quantization in known.items())
    return Calibration(samples=samples, scales=len(known), changed=changed)


def use_of_input(converted: Converted, samples: Floats) -> InputUse | None:
    """Say how well the input's type and scale suit samples; None for a float input."""
    port = converted.graph.tensor(converted.graph.inputs[0])
    if port.quantization is None or port.dtype is DType.FLOAT32:
        return None
    limits = np.iinfo(port.dtype.value)
    levels = np.rint(samples / port.quantization.scales[0]) + port.quantization.zero_points[0]
    held = np.clip(levels, limits.min, limits.max)
    return InputUse(
        clipped=float(np.mean(held != levels)),
        used=float((held.max() - held.min() + 1) / (limits.max - limits.min + 1)),
    )
