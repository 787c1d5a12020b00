# SPDX-License-Identifier: Apache-2.0
"""From graph to simpler graph: what is left computes the same outputs, each node as the operator that it was."""

from harness.passes.simplify import PASSES, simplify

__all__ = ["PASSES", "simplify"]
