# SPDX-License-Identifier: Apache-2.0
"""Golden outputs from the TFLite reference kernels (``BUILTIN_REF``) of the ``ai-edge-litert`` package.

The interpreter's default kernels answer differently for some models, so they are used only for the operators that the
reference lacks (``harness.reference.segments``), and the record says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel, UserError
from harness.records import Reference
from harness.reference.segments import OTHER, REFERENCE, Segment, split, with_axes_in_range

Array = NDArray[np.generic]

_PACKAGE = "ai-edge-litert"
_AXIS = "quantized_dimension must be in range"
_LACKING = tuple(f"Didn't find op for builtin opcode '{name}'" for name in ("ELU", "TILE"))


def describe_reference(kernels: str = REFERENCE) -> Reference:
    """Name the interpreter that golden outputs come from; ``kernels`` are those that ``Golden`` used."""
    return Reference(package=_PACKAGE, version=version(_PACKAGE), kernels=kernels)


class Golden:
    """A model in the reference interpreter. Every call starts from a fresh interpreter: no state survives it."""

    def __init__(self, model: bytes) -> None:
        """Check that the interpreter takes the model.

        Raises BadModel, with the interpreter's words, where not, UnsupportedModel where it might stop the process.
        """
        try:
            whole, kernels = _whole(model)
        except BadModel as error:
            if _AXIS not in str(error):
                raise
            model = with_axes_in_range(model)
            whole, kernels = _whole(model)
        self._inputs = tuple(whole.get_input_details())
        self._outputs = tuple(whole.get_output_details())
        self._segments = split(model) or (
            Segment(
                model=model,
                kernels=kernels,
                inputs=tuple(int(detail["index"]) for detail in self._inputs),
                writes=frozenset(),
            ),
        )
        self.kernels = " and ".join(sorted({segment.kernels for segment in self._segments}))

    def describe(self) -> Reference:
        """Name the interpreter and the kernels used."""
        return describe_reference(self.kernels)

    def outputs(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Run one inference; return the outputs in the model's order. Raises UserError where inputs do not fit."""
        return self.sequence([inputs])[0]

    def sequence(self, steps: Sequence[Sequence[Array]]) -> list[tuple[Array, ...]]:
        """Run inferences one after the other in one interpreter, so that a model's state carries over."""
        interpreters = self._fresh(preserve=False)
        results = []
        for inputs in steps:
            self._run(interpreters, inputs)
            results.append(tuple(self._tensor(interpreters, inputs, detail["index"]) for detail in self._outputs))
        return results

    def tensors(
        self, inputs: Sequence[Array], wanted: Sequence[int], *, before: Sequence[Sequence[Array]] = ()
    ) -> Mapping[int, Array]:
        """Run one inference; return copies of the tensors whose numbers in the model file are ``wanted``.

        ``before`` are the inputs of inferences that come first in the same interpreter.
        """
        interpreters = self._fresh(preserve=True)
        for step in (*before, inputs):
            self._run(interpreters, step)
        return {index: self._tensor(interpreters, inputs, index) for index in wanted}

    def _fresh(self, *, preserve: bool) -> list[Any]:
        return [_interpreter(segment.model, segment.kernels, preserve=preserve) for segment in self._segments]

    def _run(self, interpreters: Sequence[Any], inputs: Sequence[Array]) -> None:
        """Run the segments one after the other; each gets what the ones before it made."""
        if len(inputs) != len(self._inputs):
            raise UserError(f"the model has {len(self._inputs)} inputs, {len(inputs)} are given")
        for number, (detail, values) in enumerate(zip(self._inputs, inputs, strict=True)):
            shape = tuple(int(extent) for extent in detail["shape"])
            if values.dtype != detail["dtype"] or values.shape != shape:
                raise UserError(
                    f"input {number} must be {np.dtype(detail['dtype']).name} of shape {shape}, "
                    f"not {values.dtype.name} of shape {values.shape}"
                )
        for segment, interpreter in zip(self._segments, interpreters, strict=True):
            try:
                for index in segment.inputs:
                    interpreter.set_tensor(index, self._tensor(interpreters, inputs, index))
                softmax = segment.begins_with
                if softmax is not None and softmax.stops(self._tensor(interpreters, inputs, softmax.source)):
                    raise RuntimeError("the exponentials of a row of its int8 softmax sum up to 512 or more")
                interpreter.invoke()
            except (RuntimeError, ValueError) as error:
                raise BadModel(f"the reference interpreter cannot run the model: {error}") from error

    def _tensor(self, interpreters: Sequence[Any], inputs: Sequence[Array], index: int) -> Array:
        """Return a copy of a tensor: an input, or from the interpreter that made it."""
        for detail, values in zip(self._inputs, inputs, strict=True):
            if detail["index"] == index:
                return values
        for segment, interpreter in zip(self._segments, interpreters, strict=True):
            if index in segment.writes or len(self._segments) == 1:
                return np.array(interpreter.get_tensor(index))
        raise BadModel(f"no operator of the model writes tensor {index}")


def _whole(model: bytes) -> tuple[Any, str]:
    """Return an interpreter of the whole model, and which kernels have all of its operators."""
    try:
        return _interpreter(model, REFERENCE, preserve=False), REFERENCE
    except BadModel as error:
        if not any(text in str(error) for text in _LACKING):
            raise
    return _interpreter(model, OTHER, preserve=False), OTHER


def _interpreter(model: bytes, kernels: str, *, preserve: bool) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            model_content=model,
            experimental_op_resolver_type=OpResolverType[kernels],
            experimental_preserve_all_tensors=preserve,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise BadModel(f"the reference interpreter refuses the model: {error}") from error
    return interpreter
