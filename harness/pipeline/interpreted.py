# SPDX-License-Identifier: Apache-2.0
"""A bench without firmware: the model runs in an interpreter of this process, on the board ``host``.

Its outputs are right and its time means nothing. One interpreter that goes on is held against one that is reset.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from harness.errors import WrongAnswer
from harness.pipeline.environment import describe_environment
from harness.pipeline.findings import now
from harness.pipeline.inputs import hash_inputs
from harness.pipeline.request import BenchRequest, Tensors
from harness.pipeline.target import Target
from harness.records import Deployment, Firmware, FlashUse, Measurement, RamUse, Verification, content_key
from harness.runtimes import RenderedModel

if TYPE_CHECKING:
    from harness.measure import GoldenSet


def interpret(
    request: BenchRequest,
    model: bytes,
    rendered: RenderedModel,
    target: Target,
    deployment: Deployment,
    own: Tensors | None,
) -> tuple[Firmware, Measurement, Tensors]:
    """Run and verify a model; return its records and the outputs to show.

    The arena found on this machine stands for the model's RAM, the model file for its flash; the rest is unknown: 0.
    """
    from harness.measure import prepare_golden
    from harness.reference.tflm import smallest_arena

    golden = prepare_golden(model, rendered, own=own, samples=request.real_samples)
    if request.task:
        from harness.pipeline.effect import with_effect

        golden = with_effect(golden, model, request.task)
    verification, shown = _verify(model, rendered, golden)
    arena = smallest_arena(model)
    reference = verification.reference
    key = content_key([deployment.key, reference.package, reference.version])
    flash = FlashUse(weights_bytes=len(model), code_bytes=0, total_bytes=len(model))
    firmware = Firmware(
        build_key=key,
        deployment_key=deployment.key,
        elf_sha256="",
        sections=(),
        flash=flash,
        static_ram_bytes=arena,
        model_ram_bytes=arena,
        heap_bytes=0,
        toolchain=f"{reference.package} {reference.version}",
        flags="",
    )
    found = Measurement(
        id=uuid.uuid4().hex,
        build_key=key,
        deployment_key=deployment.key,
        rig=f"{reference.package} {reference.version} in Python",
        environment=describe_environment(target, firmware),
        instructions=None,
        latency=None,
        energy=None,
        ram=RamUse(model_bytes=arena, stack_bytes=0, total_bytes=arena),
        flash=flash,
        verification=verification,
        layers=(),
        output_sha256=hashlib.sha256(b"".join(output.tobytes() for output in shown)).hexdigest(),
        input_sha256=hash_inputs(own, request.real_samples),
        time=now(),
    )
    return firmware, found, shown


def _verify(model: bytes, rendered: RenderedModel, golden: GoldenSet) -> tuple[Verification, Tensors]:
    """Give all inputs, the first again at the end, to one interpreter; raise WrongAnswer where its answers drift."""
    from harness.reference import RULE, compare
    from harness.reference.tflm import infer, open_interpreter

    interpreter = open_interpreter(model)
    runs = (*golden.runs, golden.runs[0])
    for number, run in enumerate(golden.steps or runs):
        for got, wanted in zip(infer(interpreter, run.inputs, len(rendered.outputs)), run.outputs, strict=True):
            found = compare(got, wanted)
            if not found.equal:
                raise WrongAnswer(
                    f"inference {number} for the input {run.name!r} differs from the same in a fresh interpreter:\n"
                    f"{found.describe()}",
                    hint="Something of an inference outlives it: please report the model to the interpreter's makers.",
                )
    verification = Verification(
        verified=True,
        rule=RULE,
        reference=golden.golden.describe(),
        inputs=len(golden.runs),
        layers=0,
        steps=len(golden.steps),
        distance=golden.distance,
        replaced_values=golden.replaced,
    )
    return verification, golden.shown.outputs
