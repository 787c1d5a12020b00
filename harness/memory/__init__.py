# SPDX-License-Identifier: Apache-2.0
"""Where the activations lie: lifetimes of tensors, and a planner over the memory regions of a board."""

from harness.memory.check import check_plan
from harness.memory.lifetimes import Lifetime, buffer_requests, lifetimes, scratch_buffer, tensor_buffer
from harness.memory.plan import peak_bytes, plan_memory, step_bytes
from harness.memory.request import BufferRequest, Placement, Plan, Region

__all__ = [
    "BufferRequest",
    "Lifetime",
    "Placement",
    "Plan",
    "Region",
    "buffer_requests",
    "check_plan",
    "lifetimes",
    "peak_bytes",
    "plan_memory",
    "scratch_buffer",
    "step_bytes",
    "tensor_buffer",
]
