# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import MappingProxyType

from harness.testing.compression import CompressionContract


class TestInt8(CompressionContract):
    technique = "int8"


class TestFilterPruning(CompressionContract):
    technique = "filter_pruning"
    parameters = MappingProxyType({"fraction": 0.5})


class TestMagnitudePruning(CompressionContract):
    technique = "magnitude_pruning"
    parameters = MappingProxyType({"sparsity": 0.5})
