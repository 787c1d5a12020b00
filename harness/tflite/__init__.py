# SPDX-License-Identifier: Apache-2.0
"""A bounds-checked reader of ``.tflite`` files: from bytes to a verified graph, without a flatbuffer library."""

from harness.tflite.file import read_file
from harness.tflite.reader import read_model

__all__ = ["read_file", "read_model"]
