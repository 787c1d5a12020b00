# SPDX-License-Identifier: Apache-2.0
"""Random networks converted in child processes and compared with the reference, layer by layer, on the host."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness import proc
from harness.boards import load_board
from harness.errors import BadModel, HarnessError, UnsupportedModel
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes import LayerInfo, RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import build_host
from tests.conftest import ROOT

Verdict: TypeAlias = Literal["equal", "different", "refused", "not converted", "not built", "crashed", "broken"]

BATCH_SECONDS = 1_200.0
INPUT_SETS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A network to draw, and what to convert it to."""

    seed: int
    keras: str = "tf_keras"
    types: str = "int8"
    batch: int | None = None

    @property
    def name(self) -> str:
        return f"{self.keras}_{self.types}_{self.seed}_{'free' if self.batch is None else self.batch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A network with its model file, or why there is none."""

    wanted: Wanted
    layers: str
    model: bytes | None
    verdict: Verdict | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of a network."""

    wanted: Wanted
    layers: str
    verdict: Verdict
    message: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:13} {self.wanted.name}: {self.message or self.layers}"


def convert_all(wanted: Sequence[Wanted], folder: Path) -> Iterator[Converted]:
    """Convert networks, TensorFlow being imported once for all of one Keras (and once more after each crash)."""
    for keras in dict.fromkeys(each.keras for each in wanted):
        yield from _convert_batch([each for each in wanted if each.keras == keras], folder / keras)


def _convert_batch(wanted: Sequence[Wanted], folder: Path) -> Iterator[Converted]:
    folder.mkdir(parents=True, exist_ok=True)
    plain = [{"name": w.name, "seed": w.seed, "keras": w.keras, "types": w.types, "batch": w.batch} for w in wanted]
    (folder / "wanted.json").write_text(json.dumps(plain))
    while True:
        command = [sys.executable, "-m", "tests.fuzz.convert", str(folder)]
        ended = proc.run(command, timeout_seconds=BATCH_SECONDS, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        if ended.exit_code == 0:
            break
        under_way = folder / "under_way"
        if not under_way.is_file():
            raise HarnessError(f"the converting process ended with {ended.exit_code}", log=ended.output)
        crashed = {"crash": f"the converter ended with {ended.exit_code}: {ended.output[-300:]}"}
        (folder / f"{under_way.read_text()}.json").write_text(json.dumps(crashed))
        under_way.unlink()
    for each in wanted:
        yield _told(each, json.loads((folder / f"{each.name}.json").read_text()), folder)


def _told(wanted: Wanted, told: dict[str, Any], folder: Path) -> Converted:
    verdicts: dict[str, Verdict] = {"build_error": "not built", "error": "not converted", "crash": "crashed"}
    for key, verdict in verdicts.items():
        if key in told:
            layers = told.get("layers", "")
            return Converted(wanted=wanted, layers=layers, model=None, verdict=verdict, message=told[key])
    model = (folder / f"{wanted.name}.tflite").read_bytes()
    return Converted(wanted=wanted, layers=told["layers"], model=model)


def check_on_host(converted: Converted, folder: Path) -> Finding:
    """Compare every layer and output of a network with the reference, for several inputs, with sanitizers on."""

    def found(verdict: Verdict, message: str = "") -> Finding:
        return Finding(wanted=converted.wanted, layers=converted.layers, verdict=verdict, message=message)

    if converted.model is None:
        assert converted.verdict is not None
        return found(converted.verdict, converted.message)
    try:
        rendered = RUNTIME.render(converted.model, load_board("host"), name=converted.wanted.name)
    except UnsupportedModel as error:
        return found("refused", error.message)
    except BadModel as error:
        verdict: Verdict = "not converted" if "a scale is not finite" in error.message else "broken"
        return found(verdict, error.message)
    except HarnessError as error:
        return found("broken", f"{type(error).__name__}: {error}")
    try:
        difference = first_difference(converted.model, rendered, folder / "program")
    except HarnessError as error:
        return found("broken", f"{type(error).__name__}: {error}\n{error.log[-3000:]}")
    finally:
        shutil.rmtree(folder / "program", ignore_errors=True)
    return found("different", difference) if difference else found("equal")


def first_difference(model: bytes, rendered: RenderedModel, folder: Path) -> str:
    """Return the first layer that differs from the reference and how, or an empty text."""
    golden = Golden(model)
    per_port = [standard_inputs(p.dtype, p.shape, p.zero_point, count=INPUT_SETS) for p in rendered.inputs]
    sets, wanted = [], []
    numbers = [layer.output.tensor for layer in rendered.layers] + [port.tensor for port in rendered.outputs]
    for named in zip(*per_port, strict=True):
        inputs = [values for _, values in named]
        try:
            wanted.append((named[0][0], golden.tensors(inputs, numbers)))
        except BadModel:
            continue  # an input that the reference itself refuses
        sets.append(inputs)
    if not sets:
        raise HarnessError("the reference refuses every input")
    for (name, tensors), run in zip(wanted, build_host(rendered, folder).run(sets), strict=True):
        for number, (layer, got) in enumerate(zip(rendered.layers, run.layers, strict=True)):
            kept = kept_channels(layer, tensors[layer.output.tensor]).reshape(got.shape)
            if not (comparison := compare(got, kept)).equal:
                what = f"layer {number} {layer.name} ({layer.op}, {layer.variant}), input {name!r}"
                return f"{what}:\n{comparison.describe()}"
        for port, got in zip(rendered.outputs, run.outputs, strict=True):
            if not (comparison := compare(got, tensors[port.tensor].reshape(got.shape))).equal:
                return f"output {port.name!r}, input {name!r}:\n{comparison.describe()}"
    return ""


def kept_channels(layer: LayerInfo, golden: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the channels of a golden tensor that a layer computes."""
    if layer.selection is None:
        return golden
    return golden.reshape(-1, layer.selection.channels)[:, list(layer.selection.kept)]
