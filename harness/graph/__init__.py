# SPDX-License-Identifier: Apache-2.0
"""A model as a small graph: tensors and nodes, immutable, each node keeping its TFLite operator and tensors."""

from harness.graph.model import DType, Graph, Node, Options, Quantization, Selection, Tensor
from harness.graph.verify import verify

__all__ = ["DType", "Graph", "Node", "Options", "Quantization", "Selection", "Tensor", "verify"]
