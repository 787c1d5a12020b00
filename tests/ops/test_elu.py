# SPDX-License-Identifier: Apache-2.0
"""ELU, which the reference kernels lack: compared with the interpreter's own, without delegates."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestElu(UnaryContract):
    operator = "ELU"
    dtypes = ("int8", "float32")
