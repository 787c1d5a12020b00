# SPDX-License-Identifier: Apache-2.0
"""Tuning from beginning to end: survey the variants, select the fastest that fit, measure the plan that comes of it."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from harness.errors import DoesNotFit
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.tune.layers import planned_bytes, tunable_layers
from harness.tune.plan_file import LayerPlan, PlanFile
from harness.tune.request import Bench, TuneRequest, TuneResult
from harness.tune.select import fastest_plan
from harness.tune.survey import Survey, survey


def tune(request: TuneRequest, bench: Bench) -> TuneResult:
    """Find the fastest kernels of a model on a board, each measured there, and measure them together.

    ``bench`` is called once for each plan. Raises what it raises, and DoesNotFit where no plan is within the limit.
    """
    layers = tunable_layers(request)
    found = survey(layers, request.objective, bench)
    chosen = fastest_plan(layers, found.costs, lambda plan: planned_bytes(request, plan), request.ram_limit_bytes)
    if chosen.plan not in found.measured:
        found.measured[chosen.plan] = bench(chosen.plan, "the fastest plan")
    limit = request.ram_limit_bytes
    plan, after = _fastest_measured(found, chosen.plan, request)
    if limit is not None and after.ram.model_bytes > limit:
        raise DoesNotFit(
            f"the plan takes {after.ram.model_bytes} bytes of RAM, {after.ram.model_bytes - limit} more than allowed",
            missing_bytes=after.ram.model_bytes - limit,
            hint=f"Give a --ram-limit of {after.ram.model_bytes} or more.",
        )
    default: KernelPlan = tuple((layer.name, layer.default) for layer in layers)
    variants = dict(plan)
    return TuneResult(
        plan=PlanFile(
            model=PurePath(request.name).name,
            model_sha256=hashlib.sha256(request.model).hexdigest(),
            board=request.board.id,
            core=request.board.core.id,
            optimize=request.optimize,
            objective=request.objective.name,
            total=request.objective.whole(after),
            ram_bytes=after.ram.model_bytes,
            layers=tuple(
                LayerPlan(
                    name=layer.name,
                    variant=variants[layer.name],
                    signature=layer.signature,
                    measured=tuple(
                        (name, found.costs[layer.name, name])
                        for name in layer.variants
                        if (layer.name, name) in found.costs
                    ),
                )
                for layer in layers
            ),
        ),
        default=default,
        before=found.measured.get(default),
        after=after,
        builds=len(found.measured),
        unfit=tuple(found.unfit),
    )


def _fastest_measured(found: Survey, chosen: KernelPlan, request: TuneRequest) -> tuple[KernelPlan, Measurement]:
    """Return the chosen plan, or one that was measured on the way and is faster as a whole and within the limit.

    A compiler may treat a function that one layer calls otherwise than one that several call: then the whole is not
    the sum of what the layers cost beside other neighbours.
    """
    limit = request.ram_limit_bytes
    fitting = {
        plan: whole
        for plan, measured in found.measured.items()
        if (whole := request.objective.whole(measured)) is not None
        and (plan == chosen or limit is None or measured.ram.model_bytes <= limit)
    }
    best = min(fitting, key=lambda plan: (fitting[plan], plan != chosen), default=chosen)
    return best, found.measured[best]
