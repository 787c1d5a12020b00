# SPDX-License-Identifier: Apache-2.0
"""Generated code on the host: compiled with warnings as errors and, by default, with sanitizers that end it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness import proc
from harness.emit.env import render
from harness.errors import BuildError, DeviceFault
from harness.runtimes import Port, RenderedModel
from harness.settings import data_dir

Array = NDArray[np.generic]

STRICT = ("-std=c99", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
SANITIZERS = ("-fsanitize=undefined,address", "-fno-sanitize-recover=all")
_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRun:
    """What one set of inputs gave: the output of every layer where they were asked for, and the model's outputs."""

    layers: tuple[Array, ...]
    outputs: tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostProgram:
    """A compiled model; ``run`` starts it once for all sets of inputs."""

    path: Path
    rendered: RenderedModel
    with_layers: bool

    def run(self, sets: Sequence[Sequence[Array]], *, keeps_state: bool = False) -> list[HostRun]:
        """Run an inference for each set of inputs, after a reset or with the state that the one before it left.

        Raises DeviceFault where the program fails.
        """
        folder = self.path.parent
        (folder / "inputs.bin").write_bytes(b"".join(array.tobytes() for inputs in sets for array in inputs))
        command = f'"{self.path}" {"keep" if keeps_state else ""} < inputs.bin > outputs.bin'
        ended = proc.run(["/bin/sh", "-c", command], timeout_seconds=_TIMEOUT_SECONDS, cwd=folder)
        if ended.exit_code != 0:
            raise DeviceFault(f"the generated program ended with {ended.exit_code}", log=ended.output)
        return self._parse((folder / "outputs.bin").read_bytes(), len(sets))

    def _parse(self, data: bytes, count: int) -> list[HostRun]:
        layers = [layer.output for layer in self.rendered.layers] if self.with_layers else []
        ports = [*layers, *self.rendered.outputs]
        if len(data) != count * sum(port.size_bytes for port in ports):
            raise DeviceFault(f"the generated program wrote {len(data)} bytes for {count} inferences")
        runs: list[HostRun] = []
        start = 0
        for _ in range(count):
            arrays: list[Array] = []
            for port in ports:
                arrays.append(_array(port, data[start : start + port.size_bytes]))
                start += port.size_bytes
            runs.append(HostRun(layers=tuple(arrays[: len(layers)]), outputs=tuple(arrays[len(layers) :])))
        return runs


def build_host(
    rendered: RenderedModel,
    folder: Path,
    *,
    flags: Sequence[str] = ("-O1", *SANITIZERS),
    with_layers: bool = True,
) -> HostProgram:
    """Compile a model and the runner of the host in ``folder``. Raises BuildError with the compiler's words."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rendered.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "host_main.c").write_text(
        render("model/testing/host_main.c.j2", {"layers": with_layers}), encoding="utf-8"
    )
    include = data_dir("firmware_templates") / "project" / "include"
    sources = sorted({*(name for name in rendered.files if name.endswith(".c")), "host_main.c"})

    def compile_one(source: str) -> None:
        _gcc(["-c", source, "-o", f"{source}.o", "-I.", f"-I{include}", *STRICT, *flags], folder)

    with ThreadPoolExecutor(max_workers=2) as workers:
        list(workers.map(compile_one, sources))
    path = folder / "program"
    _gcc([*(f"{source}.o" for source in sources), "-o", str(path), *flags, "-lm"], folder)
    return HostProgram(path=path, rendered=rendered, with_layers=with_layers)


def _gcc(arguments: Sequence[str], folder: Path) -> None:
    ended = proc.run(["gcc", *arguments], timeout_seconds=_TIMEOUT_SECONDS, cwd=folder)
    if ended.exit_code != 0:
        raise BuildError("the generated code does not compile", log=ended.output, hint=ended.output[:4000])


def _array(port: Port, data: bytes) -> Array:
    return np.frombuffer(data, dtype=port.dtype.value).reshape(port.shape)
