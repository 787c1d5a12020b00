# SPDX-License-Identifier: Apache-2.0
"""Simplified graphs compute the same, with fewer nodes."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadModel
from harness.graph import Graph
from harness.passes import PASSES, simplify
from harness.passes.drop_unused import drop_unused
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.tflite import read_model
from tests.graph.build import graph_of, node_of


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_a_reference_model_has_nothing_to_simplify(shared_models: dict[str, Path], name: str) -> None:
    graph = read_model(shared_models[name].read_bytes(), name=name)
    simple = simplify(graph)
    assert simple.nodes == graph.nodes
    assert set(simple.tensors) == set(graph.tensors)


def test_simplifying_twice_changes_nothing_more() -> None:
    graph = graph_of(node_of(0, (0,), (1,)), node_of(1, (1,), (3,)), node_of(4, (1,), (2,)), inputs=(0,), outputs=(2,))
    once = simplify(graph)
    assert simplify(once) == once


def test_a_pass_that_breaks_the_graph_is_named_as_a_bug() -> None:
    def drop_everything(graph: Graph) -> Graph:
        return replace(graph, nodes=())

    graph = graph_of(node_of(0, (0,), (1,)), inputs=(0,), outputs=(1,))
    with pytest.raises(RuntimeError, match="the pass drop_everything broke the graph: g: output tensor 1 is never"):
        simplify(graph, (*PASSES, drop_everything))


def test_options_that_reach_outside_the_file_are_the_files_fault_and_not_the_passes() -> None:
    def read_options(graph: Graph) -> Graph:
        raise BadModel("option 6: 4 bytes would reach outside the file")

    graph = graph_of(node_of(0, (0,), (1,)), inputs=(0,), outputs=(1,))
    with pytest.raises(BadModel, match="would reach outside the file"):
        simplify(graph, (read_options,))


def test_blocks_that_claim_more_images_than_memory_can_hold_leave_the_stored_batch() -> None:
    shape = TensorSpec(shape=(1, 4, 4, 2), dtype="float32")
    tensors = (
        shape,
        TensorSpec(shape=(2,), dtype="int32", data=np.array([2**20, 2**20], np.int32)),
        TensorSpec(shape=(2, 2), dtype="int32", data=np.zeros((2, 2), np.int32)),
        shape,
    )
    operator = OperatorSpec(op="SPACE_TO_BATCH_ND", inputs=(0, 1, 2), outputs=(3,))
    graph = read_model(build_model(tensors, [operator], inputs=(0,), outputs=(3,)), name="blocks")
    assert simplify(graph).tensor(3).shape == (1, 4, 4, 2)


def test_sizes_that_a_fill_tells_are_handed_on_through_a_normalisation() -> None:
    def real(*shape: int) -> TensorSpec:
        return TensorSpec(shape=shape, dtype="float32")

    tensors = (
        real(2, 1, 4, 3),
        TensorSpec(shape=(1,), dtype="int32", data=np.array([4], np.int32)),
        dataclasses.replace(real(), data=np.array(1, np.float32)),
        real(1),  # of the FILL, 4 in truth
        real(1),
        real(1),
        real(2, 1, 3, 4),
        TensorSpec(shape=(4,), dtype="int32", data=np.array([0, 1, 3, 2], np.int32)),
        real(2, 1, 3, 4),
    )
    operators = [
        OperatorSpec(op="FILL", inputs=(1, 2), outputs=(3,), version=3),
        OperatorSpec(op="RSQRT", inputs=(3,), outputs=(4,)),
        OperatorSpec(op="ADD", inputs=(4, 2), outputs=(5,), options="AddOptions"),
        OperatorSpec(op="TRANSPOSE", inputs=(0, 7), outputs=(6,)),
        OperatorSpec(op="MUL", inputs=(6, 5), outputs=(8,), options="MulOptions"),
    ]
    simple = simplify(read_model(build_model(tensors, operators, inputs=(0,), outputs=(8,)), name="filled"))
    assert [simple.tensor(index).shape for index in (3, 4, 5, 8)] == [(4,), (4,), (4,), (2, 1, 3, 4)]


def test_nodes_that_no_output_depends_on_are_dropped_with_their_tensors() -> None:
    graph = graph_of(
        node_of(0, (0,), (1,)),
        node_of(1, (1, 8), (5,)),
        node_of(2, (5,), (6,)),
        node_of(3, (1,), (2,)),
        inputs=(0,),
        outputs=(2,),
        constants=(8,),
    )
    simple = drop_unused(graph)
    assert simple.nodes == (graph.nodes[0], graph.nodes[3])
    assert set(simple.tensors) == {0, 1, 2}


def test_a_node_stays_as_long_as_one_of_its_outputs_is_needed() -> None:
    graph = graph_of(node_of(0, (0,), (1, 2)), node_of(1, (2,), (3,)), inputs=(0,), outputs=(3,))
    assert drop_unused(graph) == graph


def test_an_input_that_nobody_reads_stays_an_input() -> None:
    graph = graph_of(node_of(0, (0,), (2,)), inputs=(0, 1), outputs=(2,))
    assert drop_unused(graph).inputs == (0, 1)
    assert 1 in drop_unused(graph).tensors


def test_a_node_that_keeps_a_state_stays_although_nobody_reads_its_output() -> None:
    graph = graph_of(node_of(0, (0,), (1,)), node_of(1, (1, 9), (2,)), inputs=(0,), outputs=(1,), variables=(9,))
    assert drop_unused(graph) == graph


def test_absent_inputs_do_no_harm() -> None:
    graph = graph_of(node_of(0, (0, -1), (1,)), inputs=(0,), outputs=(1,))
    assert drop_unused(graph) == graph
