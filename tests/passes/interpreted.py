# SPDX-License-Identifier: Apache-2.0
"""A model run by the interpreter, all of whose tensors can be read afterwards."""

from __future__ import annotations

from ai_edge_litert.interpreter import Interpreter, OpResolverType


def invoked(data: bytes) -> Interpreter:
    """Return the reference interpreter after one inference of zeros."""
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    return interpreter
