# SPDX-License-Identifier: Apache-2.0
"""The link to a device: framed requests and replies in a serial stream. docs/link.md has the byte layout."""

from harness.deadline import Deadline
from harness.link.device import Device
from harness.link.messages import Hello, Run, fnv1a

__all__ = ["Deadline", "Device", "Hello", "Run", "fnv1a"]
