# SPDX-License-Identifier: Apache-2.0
"""Runtimes: each turns a model into C sources for a board, behind one protocol."""

from harness.runtimes._base import KernelPlan, LayerInfo, PlannedBuffer, Port, RenderedModel, Runtime

__all__ = ["KernelPlan", "LayerInfo", "PlannedBuffer", "Port", "RenderedModel", "Runtime"]
