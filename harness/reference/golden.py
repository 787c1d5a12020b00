# SPDX-License-Identifier: Apache-2.0
"""Golden outputs from the TFLite reference kernels (``BUILTIN_REF``) of the ``ai-edge-litert`` package.

The interpreter's default kernels answer differently for some models, so they are used only where the reference lacks
an operator (ELU) or reads its input as another type (SUM takes int8 for uint8), and the record says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel, UserError
from harness.records import Reference

Array = NDArray[np.generic]

_PACKAGE = "ai-edge-litert"
_KERNELS = "BUILTIN_REF"
_OTHER_KERNELS = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
_LACKING = "Didn't find op for builtin opcode 'ELU'"  # the one operator that the reference kernels lack


def describe_reference(kernels: str = _KERNELS) -> Reference:
    """Name the interpreter that golden outputs come from; ``kernels`` are those that ``Golden`` used."""
    return Reference(package=_PACKAGE, version=version(_PACKAGE), kernels=kernels)


class Golden:
    """A model in the reference interpreter. Every call starts from a fresh interpreter: no state survives it."""

    def __init__(self, model: bytes) -> None:
        """Check that the interpreter takes the model. Raises BadModel, with the interpreter's words, where not."""
        self._model = model
        self.kernels = _KERNELS
        interpreter = self._fresh(preserve=False)
        if _sums_int8(interpreter):
            self.kernels = _OTHER_KERNELS
            interpreter = self._fresh(preserve=False)
        self._inputs = tuple(interpreter.get_input_details())
        self._outputs = tuple(interpreter.get_output_details())

    def outputs(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Run one inference; return the outputs in the model's order. Raises UserError where inputs do not fit."""
        return self.sequence([inputs])[0]

    def sequence(self, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
        """Run inferences one after the other in one interpreter, so that a model's state carries over."""
        interpreter = self._fresh(preserve=False)
        results = []
        for inputs in steps:
            self._run(interpreter, inputs)
            results.append(tuple(np.array(interpreter.get_tensor(detail["index"])) for detail in self._outputs))
        return results

    def tensors(self, inputs: Sequence[Array], wanted: Sequence[int]) -> Mapping[int, Array]:
        """Run one inference; return copies of the tensors whose numbers in the model file are ``wanted``."""
        interpreter = self._fresh(preserve=True)
        self._run(interpreter, inputs)
        return {index: np.array(interpreter.get_tensor(index)) for index in wanted}

    def _fresh(self, *, preserve: bool) -> Any:
        """Return a new interpreter, with the kernels that have all operators of the model."""
        try:
            return self._with_kernels(preserve=preserve)
        except BadModel as error:
            if self.kernels == _OTHER_KERNELS or _LACKING not in str(error):
                raise
            self.kernels = _OTHER_KERNELS
            return self._with_kernels(preserve=preserve)

    def _with_kernels(self, *, preserve: bool) -> Any:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        try:
            interpreter = Interpreter(
                model_content=self._model,
                experimental_op_resolver_type=OpResolverType[self.kernels],
                experimental_preserve_all_tensors=preserve,
                num_threads=1,
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise BadModel(f"the reference interpreter refuses the model: {error}") from error
        return interpreter

    def _run(self, interpreter: Any, inputs: Sequence[Array]) -> None:
        if len(inputs) != len(self._inputs):
            raise UserError(f"the model has {len(self._inputs)} inputs, {len(inputs)} are given")
        for number, (detail, values) in enumerate(zip(self._inputs, inputs, strict=True)):
            shape = tuple(int(extent) for extent in detail["shape"])
            if values.dtype != detail["dtype"] or values.shape != shape:
                raise UserError(
                    f"input {number} must be {np.dtype(detail['dtype']).name} of shape {shape}, "
                    f"not {values.dtype.name} of shape {values.shape}"
                )
            interpreter.set_tensor(detail["index"], values)
        try:
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise BadModel(f"the reference interpreter cannot run the model: {error}") from error


def _sums_int8(interpreter: Any) -> bool:
    """Tell whether the model has a sum of int8, which the reference kernel adds as uint8."""
    types = {detail["index"]: detail["dtype"] for detail in interpreter.get_tensor_details()}
    operators = interpreter._get_ops_details()  # the one list of them that the package offers
    return any(op["op_name"] == "SUM" and types.get(int(op["inputs"][0])) is np.int8 for op in operators)
