# SPDX-License-Identifier: Apache-2.0
"""What only a device can say before the final sources are rendered: asked once, and kept by the probe's build key."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from harness.errors import DeviceFault
from harness.firmware import BuiltImage, Project, begin_build, open_project
from harness.pipeline.target import Target
from harness.runtimes import RenderedModel
from harness.settings import cache_dir

if TYPE_CHECKING:
    from harness.measure import Rig

OpenRig = Callable[[Target, Project, BuiltImage, RenderedModel], "AbstractContextManager[Rig]"]


def settle(rendered: RenderedModel, target: Target, open_rig: OpenRig, *, optimize: str) -> RenderedModel:
    """Return the final rendering: where there is a probe, it is built, run, and its answer put in.

    Raises what builds and rigs raise, DoesNotFit where the answer says so.
    """
    probe = rendered.probe
    if probe is None:
        return rendered
    with open_project(probe.sources, target.machine, optimize=optimize) as project:
        known = cache_dir() / "probes" / f"{project.build_key}.json"
        if known.is_file():
            return probe.finish(int(json.loads(known.read_text(encoding="utf-8"))))
        with begin_build(project, target.machine) as building:
            image = building.image()
        with open_rig(target, project, image, probe.sources) as rig:
            hello = rig.device.hello()
            if hello.build_key != project.build_key:
                raise DeviceFault("the device runs another image than the probe: it was not flashed")
            rig.device.run(1, 0)
            answer = int.from_bytes(rig.device.read_output(0), "little", signed=True)
        settled = probe.finish(answer)
        known.parent.mkdir(parents=True, exist_ok=True)
        unfinished = known.with_suffix(".new")
        unfinished.write_text(json.dumps(answer), encoding="utf-8")
        unfinished.replace(known)
        return settled
