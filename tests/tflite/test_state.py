# SPDX-License-Identifier: Apache-2.0
"""Variables of a streaming model: handles, first values, and files that misuse them."""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from harness.errors import BadModel, UnsupportedModel
from harness.graph import Graph
from harness.testing.models import OperatorSpec, SubgraphSpec, TensorSpec, build_model
from harness.tflite import read_model

# Tensors of the main subgraph.
INPUT, HANDLE, OLD, NEW, FIRST = range(5)
FRAME = TensorSpec(shape=(1, 4), dtype="float32")
RESOURCE = TensorSpec(shape=(), dtype="resource")
INTEGER = TensorSpec(shape=(1, 4), dtype="int32")
VALUES = np.array([[1, 2, 3, 4]], dtype=np.float32)
START = TensorSpec(shape=(1, 4), dtype="float32", data=VALUES)
TENSORS = (FRAME, RESOURCE, FRAME, FRAME, RESOURCE)


def once(subgraph: int = 1) -> OperatorSpec:
    return OperatorSpec(
        op="CALL_ONCE", inputs=(), outputs=(), options="CallOnceOptions", fields={"initSubgraphIndex": subgraph}
    )


def handle(tensor: int = HANDLE, name: str = "state") -> OperatorSpec:
    fields = {"container": "", "sharedName": name}
    return OperatorSpec(op="VAR_HANDLE", inputs=(), outputs=(tensor,), options="VarHandleOptions", fields=fields)


def read(variable: int = HANDLE, value: int = OLD) -> OperatorSpec:
    return OperatorSpec(op="READ_VARIABLE", inputs=(variable,), outputs=(value,), options="ReadVariableOptions")


def assign(variable: int = HANDLE, value: int = NEW) -> OperatorSpec:
    return OperatorSpec(op="ASSIGN_VARIABLE", inputs=(variable, value), outputs=(), options="AssignVariableOptions")


def add(first: int = INPUT, second: int = OLD, output: int = NEW) -> OperatorSpec:
    return OperatorSpec(op="ADD", inputs=(first, second), outputs=(output,), options="AddOptions")


STARTED = SubgraphSpec(tensors=(RESOURCE, START), operators=(handle(0), assign(0, 1)))
SOUND = (once(), handle(), read(), add(), assign())


def graph_of(
    operators: Sequence[OperatorSpec] = SOUND,
    further: Sequence[SubgraphSpec] = (STARTED,),
    tensors: Sequence[TensorSpec] = TENSORS,
    *,
    inputs: Sequence[int] = (INPUT,),
    outputs: Sequence[int] = (NEW,),
) -> Graph:
    return read_model(build_model(tensors, operators, inputs=inputs, outputs=outputs, further=further), name="state")


def state_model() -> bytes:
    """Return a sound file with two variables, one of which is given values by a subgraph."""
    operators = (*SOUND[:2], handle(FIRST, "other"), *SOUND[2:4], assign(), assign(FIRST, INPUT))
    return build_model(TENSORS, operators, inputs=(INPUT,), outputs=(NEW,), further=(STARTED,))


def test_a_resource_variable_is_a_tensor_with_the_values_that_the_called_subgraph_assigns() -> None:
    graph = graph_of()
    variable = graph.tensor(HANDLE)
    assert variable.is_variable
    assert variable.initial is not None
    np.testing.assert_array_equal(variable.initial, VALUES)
    assert [(node.index, node.op, node.inputs, node.outputs) for node in graph.nodes] == [
        (2, "READ_VARIABLE", (HANDLE,), (OLD,)),
        (3, "ADD", (INPUT, OLD), (NEW,)),
        (4, "ASSIGN_VARIABLE", (HANDLE, NEW), (HANDLE,)),
    ]


def test_two_handles_of_one_name_are_one_variable_and_those_of_two_names_are_two() -> None:
    def written(name: str) -> tuple[int, ...]:
        return graph_of((once(), handle(), handle(FIRST, name), read(), add(), assign(FIRST))).nodes[-1].outputs

    assert written("state") == (HANDLE,)
    assert written("other") == (FIRST,)


def test_a_variable_that_is_assigned_before_it_is_read_needs_no_first_values() -> None:
    graph = graph_of((handle(), assign(value=INPUT), read(), add()), further=())
    assert graph.tensor(HANDLE).initial is None


def test_a_large_variable_without_first_values_takes_no_memory() -> None:
    wide = TensorSpec(shape=(1 << 23, 4), dtype="float32")
    tracemalloc.start()
    try:
        graph_of((handle(), assign(value=INPUT), read()), (), (wide, RESOURCE, wide), outputs=(OLD,))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_variable_that_nothing_uses_takes_no_memory() -> None:
    graph = graph_of((once(), handle(), handle(FIRST, "other"), read(), add(), assign()))
    assert FIRST not in graph.tensors


def test_a_subgraph_that_is_called_again_does_nothing_and_a_second_one_goes_on_where_the_first_ended() -> None:
    twice = SubgraphSpec(
        tensors=(RESOURCE, dataclasses.replace(START, data=VALUES * 2)), operators=(handle(0), assign(0, 1))
    )
    graph = graph_of((once(1), once(2), once(1), handle(), read(), add(), assign()), further=(STARTED, twice))
    initial = graph.tensor(HANDLE).initial
    assert initial is not None
    np.testing.assert_array_equal(initial, VALUES * 2)


def test_an_intermediate_tensor_may_be_empty_for_it_has_no_memory() -> None:
    empty = TensorSpec(shape=(0,), scales=(0.5,), zero_points=(3,))
    operators = (dataclasses.replace(add(INPUT, INPUT), intermediates=(4,)),)
    graph = graph_of(operators, further=(), tensors=(*TENSORS[:4], empty))
    assert graph.tensor(4).shape == ()
    assert graph.tensor(4).quantization is not None


@pytest.mark.parametrize(
    ("operators", "further", "message"),
    [
        ((once(0), *SOUND[1:]), (STARTED,), "CALL_ONCE calls the main subgraph"),
        ((once(7), *SOUND[1:]), (STARTED,), "subgraph 7 is asked for, but there are 2"),
        ((once(-1), *SOUND[1:]), (STARTED,), "subgraph -1 is asked for"),
        (
            SOUND,
            (dataclasses.replace(STARTED, inputs=(1,)),),
            r"SubGraph\.inputs: CALL_ONCE calls it without any",
        ),
        ((once(), read(), add(), assign()), (STARTED,), "READ_VARIABLE takes tensor 1 for the handle of a variable"),
        ((*SOUND[:4], assign(INPUT, NEW)), (STARTED,), "ASSIGN_VARIABLE takes tensor 0 for the handle"),
        ((*SOUND[:4], assign(HANDLE, HANDLE)), (STARTED,), "takes the handle of a variable for its values"),
        ((*SOUND[:3], add(INPUT, HANDLE), assign()), (STARTED,), "ADD uses tensor 1, which is the handle"),
        ((once(), handle(), *SOUND[1:]), (STARTED,), "VAR_HANDLE writes tensor 1, which is written before"),
        ((once(), handle(OLD), *SOUND[1:]), (STARTED,), "VAR_HANDLE writes tensor 2, whose type is not RESOURCE"),
        ((handle(), read(), add(), assign()), (), r"READ_VARIABLE \(operator 1\) reads a variable before any value"),
        (
            (once(), handle(), dataclasses.replace(read(), outputs=(OLD, NEW)), assign()),
            (STARTED,),
            "READ_VARIABLE must have 1 inputs and 1 outputs",
        ),
        (SOUND, (dataclasses.replace(STARTED, operators=(assign(0, 1),)),), "must have the handle of a variable"),
        (SOUND, (dataclasses.replace(STARTED, tensors=(RESOURCE, FRAME)),), "assigns tensor 1, which is no constant"),
        (SOUND, (dataclasses.replace(STARTED, operators=(handle(0), assign(0, 9))),), "tensor 9 is asked for"),
    ],
)
def test_a_file_that_contradicts_itself_about_its_state_is_bad(
    operators: Sequence[OperatorSpec], further: Sequence[SubgraphSpec], message: str
) -> None:
    with pytest.raises(BadModel, match=message):
        graph_of(operators, further=further)


@pytest.mark.parametrize(
    ("operators", "further", "message"),
    [
        (
            SOUND,
            (dataclasses.replace(STARTED, operators=(once(1),)),),
            r"CALL_ONCE \(operator 0\) of subgraph 1 computes what the model's variables begin with",
        ),
        ((handle(), assign(value=INPUT), *SOUND[:1], read(), add()), (STARTED,), "stands after an operator that uses"),
        (
            SOUND,
            (dataclasses.replace(STARTED, tensors=(RESOURCE, dataclasses.replace(START, shape=(4,)))),),
            r"takes variable 1 for float32 \(1, 4\), elsewhere it is float32 \(1, 4\) or begins as float32 \(4,\)",
        ),
        ((once(), handle(name="n" * 1025), *SOUND[2:]), (STARTED,), "has a name of 1025 bytes"),
    ],
)
def test_state_that_cannot_be_known_beforehand_is_refused(
    operators: Sequence[OperatorSpec], further: Sequence[SubgraphSpec], message: str
) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        graph_of(operators, further=further)


def test_a_variable_with_two_types_is_refused() -> None:
    tensors = (FRAME, RESOURCE, FRAME, FRAME, RESOURCE, INTEGER)
    with pytest.raises(UnsupportedModel, match=r"takes variable 1 for int32 \(1, 4\), elsewhere it is float32"):
        graph_of((once(), handle(), read(), add(), assign(value=5)), tensors=tensors, inputs=(INPUT, 5))


@pytest.mark.parametrize(("inputs", "outputs"), [((INPUT, HANDLE), (NEW,)), ((INPUT,), (NEW, HANDLE))])
def test_a_handle_that_is_an_input_or_output_of_the_model_is_refused(
    inputs: Sequence[int], outputs: Sequence[int]
) -> None:
    with pytest.raises(UnsupportedModel, match="the handle of a variable, is an input or output of the model"):
        graph_of(inputs=inputs, outputs=outputs)


def test_a_loop_is_refused_with_what_to_change_in_the_layer() -> None:
    loop = OperatorSpec(op="WHILE", inputs=(INPUT,), outputs=(NEW,), options="WhileOptions")
    with pytest.raises(UnsupportedModel) as caught:
        graph_of((loop,), further=())
    assert "WHILE (operator 0, [float32 1x4] -> [float32 1x4]) runs another subgraph" in caught.value.message
    assert "fix the batch at 1 and set unroll=True" in caught.value.hint
