# SPDX-License-Identifier: Apache-2.0
"""What one firmware does on one rig: counts, ticks, stack, outputs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.emulation import Counts
from harness.errors import DeviceFault, InstrumentError
from harness.measure.rig import Rig
from harness.measure.verify import GoldenSet, infer, load_inputs, verify
from harness.records import Verification
from harness.runtimes import RenderedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The findings of one session with a device; ``outputs`` are those of the user's input, else of the default one."""

    counts: Counts | None
    samples_us: tuple[float, ...]
    peak_stack_bytes: int
    heap_bytes: int
    outputs: tuple[NDArray[np.generic], ...]
    output_sha256: str
    verification: Verification


def observe(rig: Rig, rendered: RenderedModel, golden: GoldenSet, *, build_key: str, samples: int) -> Observed:
    """Measure a firmware and verify it.

    The counts and the timed samples are taken with the default input. Raises WrongAnswer where an output or a layer
    differs, DeviceFault where another image answers, InstrumentError where counter and timer contradict each other.
    """
    device = rig.device
    hello = device.hello()
    if hello.build_key != build_key:
        raise DeviceFault(
            f"the device runs build {hello.build_key[:12]}, not {build_key[:12]}: it was not flashed with this image",
            hint="Flash it again; if it stays, another board answers on this port.",
        )
    verification = verify(device, rendered, golden)
    load_inputs(device, golden.runs[0].inputs)
    ticks = device.run(1, 0)[-1].ticks
    counts = rig.last_count()
    if counts is not None and not rig.agrees(counts, ticks):
        raise InstrumentError(
            f"the counter says {counts.instructions} instructions, the device's timer {ticks} ticks: they disagree",
            hint="Please report this with the versions that 'harness doctor' prints.",
        )
    timed = () if rig.emulated else tuple(run.ticks / hello.timer_hz * 1e6 for run in device.run(samples, 1))
    stack = device.peak_stack()
    outputs = infer(device, rendered, golden.shown.inputs)
    return Observed(
        counts=counts,
        samples_us=timed,
        peak_stack_bytes=stack,
        heap_bytes=device.heap_bytes(),
        outputs=outputs,
        output_sha256=hashlib.sha256(b"".join(output.tobytes() for output in outputs)).hexdigest(),
        verification=verification,
    )
