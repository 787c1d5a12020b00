# SPDX-License-Identifier: Apache-2.0
"""Stands in for the process that converts: it says something and ends as if by a fault."""

from __future__ import annotations

import os
import signal
import sys

if __name__ == "__main__":
    sys.stderr.write("LLVM ERROR: out of registers\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)
