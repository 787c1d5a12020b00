# SPDX-License-Identifier: Apache-2.0
"""Processes that stay warm: each imports what it needs once, then takes one call after the other, within limits."""

from harness.workers.failure import CallFailed, Ending, SetUpFailed
from harness.workers.pool import Closed, Pool
from harness.workers.worker import Answer, Limits, Worker

__all__ = ["Answer", "CallFailed", "Closed", "Ending", "Limits", "Pool", "SetUpFailed", "Worker"]
