# SPDX-License-Identifier: Apache-2.0
"""Verification: the device's outputs and layers against the TFLite reference kernels.

At least eight inputs, the first of them again at the end, and once per firmware the bytes of every layer. Where an
output differs, the layers are gone through with that input and the first one that differs is named. A model with state
is reset before each input; besides, the inputs are given to it one after the other without a reset, as steps. Inputs
that the reference refuses are replaced by the nearest that it accepts, and counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel, WrongAnswer
from harness.link import Device
from harness.records import Distance, Verification
from harness.reference import RULE, Golden, compare, kernel_distance, standard_inputs
from harness.reference.tflm import TflmGolden
from harness.runtimes import LayerInfo, Port, RenderedModel

Array = NDArray[np.generic]
STANDARD_INPUTS = 8
_DISTANCE_INPUTS = 40  # that the distance of other kernels to the TFLite reference is taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRun:
    """One named input with its golden outputs, all in the model's order."""

    name: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenSet:
    """What a firmware is held against.

    ``runs[0]`` is the default input, ``layers`` its golden tensors by number in the model file; ``shown`` is the run
    whose outputs the user is given: that of the own input where there is one, else the default's. ``steps`` are the
    same inputs with what a model with state answers to them in this order; a model without has none.
    """

    runs: tuple[GoldenRun, ...]
    steps: tuple[GoldenRun, ...] = ()
    layers: Mapping[int, Array]
    golden: Golden | TflmGolden
    distance: Distance | None = None
    replaced: int = 0  # elements of inputs that the reference refuses
    shown: GoldenRun


def prepare_golden(
    model: bytes, rendered: RenderedModel, *, own: tuple[Array, ...] | None, samples: Sequence[tuple[Array, ...]]
) -> GoldenSet:
    """Compute the golden outputs of standard inputs, samples and own input, and every layer of the first."""
    golden = _golden(model, rendered)
    named = _standard_inputs(rendered, STANDARD_INPUTS)
    named += [(f"sample {number}", inputs) for number, inputs in enumerate(samples)]
    runs, replaced = _runs(golden, model, named)
    if own is not None:
        runs += (GoldenRun(name="own", inputs=own, outputs=golden.outputs(own)),)
    answers = golden.sequence([run.inputs for run in runs]) if rendered.has_state else []
    steps = tuple(replace(run, outputs=outputs) for run, outputs in zip(runs, answers, strict=False))
    layers = _layer_tensors(golden, [runs[0]], rendered.layers)
    return GoldenSet(
        runs=runs,
        steps=steps,
        layers=layers,
        golden=golden,
        distance=_distance(golden, model, rendered),
        replaced=replaced,
        shown=runs[0] if own is None else runs[-1],
    )


def _runs(
    golden: Golden | TflmGolden, model: bytes, named: Sequence[tuple[str, tuple[Array, ...]]]
) -> tuple[tuple[GoldenRun, ...], int]:
    """Return the inputs with their golden outputs, and how many elements the reference refused and were replaced."""
    runs: list[GoldenRun] = []
    replaced = 0
    for name, given in named:
        inputs = given
        try:
            outputs = golden.outputs(inputs)
        except BadModel:
            if not isinstance(golden, Golden):
                raise
            from harness.reference.accepted import nearest_accepted, replaced_values

            inputs = nearest_accepted(golden, model, given, [other for _, other in named])
            replaced += replaced_values(given, inputs)
            outputs = golden.outputs(inputs)
        runs.append(GoldenRun(name=name, inputs=inputs, outputs=outputs))
    return tuple(runs), replaced


def _golden(model: bytes, rendered: RenderedModel) -> Golden | TflmGolden:
    return Golden(model) if rendered.kernels == "tflite" else TflmGolden(model, outputs=len(rendered.outputs))


def _standard_inputs(rendered: RenderedModel, count: int) -> list[tuple[str, tuple[Array, ...]]]:
    """Return named inputs: for each of the model's inputs its own pattern, lowest, highest and so on."""
    per_port = [standard_inputs(port.dtype, port.shape, port.zero_point, count=count) for port in rendered.inputs]
    return [(column[0][0], tuple(values for _, values in column)) for column in zip(*per_port, strict=True)]


def _distance(golden: Golden | TflmGolden, model: bytes, rendered: RenderedModel) -> Distance | None:
    """Return how far a runtime's own kernels are from the TFLite reference; the device equals them bit by bit."""
    if isinstance(golden, Golden):
        return None
    inputs = [values for _, values in _standard_inputs(rendered, _DISTANCE_INPUTS)]
    return kernel_distance(inputs, golden.outputs, Golden(model).outputs)


def _layer_tensors(
    golden: Golden | TflmGolden, steps: Sequence[GoldenRun], layers: tuple[LayerInfo, ...]
) -> Mapping[int, Array]:
    """Return every layer's golden tensor in the last of some steps."""
    *before, last = (step.inputs for step in steps)
    return golden.tensors(last, [layer.output.tensor for layer in layers], before=before)


def verify(device: Device, rendered: RenderedModel, golden: GoldenSet) -> Verification:
    """Compare every input's outputs, the first input again, every step, and every layer of the default input.

    Raises WrongAnswer, which names the first layer that differs and shows how many elements, by how much and where.
    """
    for run in (*golden.runs[1:], golden.runs[0]):
        outputs = infer(device, rendered, run.inputs)
        check_outputs(device, rendered, golden, run, outputs)
    for number, run in enumerate(golden.steps):
        outputs = infer(device, rendered, run.inputs, keep_state=number > 0)
        _check_step(device, rendered, golden, number, outputs)
    layers = _check_layers(device, rendered, golden.runs[0], golden.layers)
    return Verification(
        verified=True,
        rule=RULE,
        reference=golden.golden.describe(),
        inputs=len(golden.runs),
        layers=layers,
        steps=len(golden.steps),
        distance=golden.distance,
        replaced_values=golden.replaced,
    )


def infer(
    device: Device, rendered: RenderedModel, inputs: tuple[Array, ...], *, keep_state: bool = False
) -> tuple[Array, ...]:
    """Run one inference on the device, after a reset unless it is to keep its state, and read its outputs."""
    load_inputs(device, inputs)
    device.run(1, 0, keep_state=keep_state)
    return tuple(_as_array(device.read_output(number), port) for number, port in enumerate(rendered.outputs))


def load_inputs(device: Device, inputs: tuple[Array, ...]) -> None:
    """Send all inputs of a model; the runner copies them anew before every run."""
    for number, values in enumerate(inputs):
        device.load_input(number, _little_endian(values).tobytes())


def check_outputs(
    device: Device, rendered: RenderedModel, golden: GoldenSet, run: GoldenRun, outputs: tuple[Array, ...]
) -> None:
    """Raise WrongAnswer, naming the first layer at fault, where an output differs from its golden one."""
    for number, (got, wanted) in enumerate(zip(outputs, run.outputs, strict=True)):
        found = compare(got, wanted)
        if not found.equal:
            if not rendered.layers:
                raise WrongAnswer(
                    f"output {number} differs from {golden.golden.describe().package} for the input {run.name!r}:\n"
                    f"{found.describe()}",
                    hint="The library on the device computes otherwise than that package; name its version.",
                )
            layers = _layer_tensors(golden.golden, [run], rendered.layers)
            _check_layers(device, rendered, run, layers)
            raise WrongAnswer(
                f"output {number} differs from the reference for the input {run.name!r}, although every layer run by"
                f" itself is right: a layer destroys what a later one reads\n{found.describe()}",
                hint="This is a bug of the memory plan or the runner. Please report it with the model.",
            )


def _check_step(
    device: Device, rendered: RenderedModel, golden: GoldenSet, number: int, outputs: tuple[Array, ...]
) -> None:
    """Raise WrongAnswer, naming the step and the first layer at fault, where an output of a step differs."""
    steps = golden.steps[: number + 1]
    for port, (got, wanted) in enumerate(zip(outputs, steps[-1].outputs, strict=True)):
        found = compare(got, wanted)
        if not found.equal:
            for earlier, step in enumerate(steps[:-1]):
                infer(device, rendered, step.inputs, keep_state=earlier > 0)
            named = replace(steps[-1], name=f"{steps[-1].name} as step {number} without a reset")
            layers = _layer_tensors(golden.golden, steps, rendered.layers)
            _check_layers(device, rendered, named, layers, keep_state=number > 0)
            raise WrongAnswer(
                f"output {port} differs from the reference in step {number} of a sequence without reset, although every"
                f" layer run by itself is right\n{found.describe()}",
                hint="This is a bug of the memory plan or of how the state is kept. Please report it with the model.",
            )


def _check_layers(
    device: Device, rendered: RenderedModel, run: GoldenRun, wanted: Mapping[int, Array], *, keep_state: bool = False
) -> int:
    """Compare every layer's output; return how many.

    The device runs them all and answers the CRC-32 of each. Only where that is not the golden one, the layers are run
    again up to there, and its bytes are read while they are there: floats may differ a little.
    """
    if not rendered.layers:
        return 0
    load_inputs(device, run.inputs)
    last = len(rendered.layers) - 1
    crcs = (None,) * (last + 1) if keep_state else device.run_layers(0, last)  # a step cannot be run twice
    to_run = 0
    for number, (layer, crc) in enumerate(zip(rendered.layers, crcs, strict=True)):
        golden = _kept_channels(layer, wanted[layer.output.tensor], run.name).reshape(layer.output.shape)
        if zlib.crc32(_little_endian(golden).tobytes()) == crc:
            continue
        device.run_layers(to_run, number, keep_state=keep_state)
        to_run = number + 1
        raw = device.read_tensor(number, layer.output.size_bytes)
        found = compare(_as_array(raw, layer.output), golden)
        if not found.equal:
            raise WrongAnswer(
                f"layer {number} {layer.name} ({layer.op}, operator {layer.node} of the model, variant {layer.variant})"
                f" is the first that differs from the reference, for the input {run.name!r}:\n{found.describe()}",
                hint="Keep the project with --out DIR to look at the function of this layer.",
            )
    return len(rendered.layers)


def _kept_channels(layer: LayerInfo, golden: Array, run: str) -> Array:
    """Return the channels of a golden tensor that a layer computes; the others must be what they were taken for."""
    if layer.selection is None:
        return golden
    rows = golden.reshape(-1, layer.selection.channels)
    for channel, value in layer.selection.constants:
        if not np.all(rows[:, channel] == value):
            raise WrongAnswer(
                f"{layer.name} ({layer.op}, operator {layer.node} of the model) leaves out channel {channel} as always"
                f" {value}, but in the reference it is {rows[rows[:, channel] != value, channel][0]} for the input"
                f" {run!r}",
                hint="This is a bug of the analysis that finds constant channels. Please report it with the model.",
            )
    return rows[:, list(layer.selection.kept)]


def _as_array(raw: bytes, port: Port) -> Array:
    array = np.frombuffer(raw, dtype=np.dtype(port.dtype.value).newbyteorder("<"))
    return array.astype(port.dtype.value).reshape(port.shape)


def _little_endian(values: Array) -> Array:
    return values.astype(values.dtype.newbyteorder("<"), copy=False)
