# SPDX-License-Identifier: Apache-2.0
"""Runtimes: each turns a model into C sources for a board, behind one protocol."""

from harness.runtimes._base import (
    KernelPlan,
    Kernels,
    LayerInfo,
    Library,
    PlannedBuffer,
    Port,
    Probe,
    RenderedModel,
    Runtime,
)

__all__ = [
    "KernelPlan",
    "Kernels",
    "LayerInfo",
    "Library",
    "PlannedBuffer",
    "Port",
    "Probe",
    "RenderedModel",
    "Runtime",
]
