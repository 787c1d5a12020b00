# SPDX-License-Identifier: Apache-2.0
"""What is asked of a bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.runtimes import KernelPlan
from harness.tflite import read_file

if TYPE_CHECKING:
    from harness.store import Store

Tensors: TypeAlias = tuple[NDArray[np.generic], ...]
OpenStore: TypeAlias = "Callable[[], Store]"
Watch: TypeAlias = Callable[[str], None]  # told the name of each stage as it begins


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """One model on one board by one runtime.

    ``plan`` names the kernel variants of layers, for the model ``plan_model`` (its SHA-256) where that is given;
    ``preferred`` those of layer signatures, wherever such layers are. ``library`` is the folder of the PlatformIO
    library that a runtime wraps.
    ``inputs`` are the user's own tensors in the model's order and types, ``real_samples`` more inputs to verify with.
    ``task`` has the data and the metric that say what the distance of other kernels to the TFLite reference means.
    ``port`` is the serial port of a real board, where it is not to be found by its USB ids.
    ``samples`` is the number of timed inferences on a real board; an emulated count is exact and needs one.
    """

    model: bytes | Path
    name: str  # the path as given, else what to call it
    board: str
    runtime: str = "codegen"
    optimize: str = "speed"
    plan: KernelPlan = ()
    plan_model: str = ""
    preferred: KernelPlan = ()
    library: Path | None = None
    estimate: bool = False
    port: str | None = None
    samples: int = 10
    inputs: Tensors | None = None
    real_samples: tuple[Tensors, ...] = ()
    task: str = ""
    keep_project: Path | None = None
    use_cache: bool = True
    candidate_key: str | None = None
    metrics: tuple[tuple[str, float], ...] = ()

    def read_model(self) -> bytes:
        """Return the model's bytes. Raises UserError where the file cannot be read."""
        return self.model if isinstance(self.model, bytes) else read_file(self.model)
