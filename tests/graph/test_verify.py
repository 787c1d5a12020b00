# SPDX-License-Identifier: Apache-2.0
"""What the verifier lets pass and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.errors import BadModel
from harness.graph import DType, Graph, Quantization, Tensor, verify
from tests.graph.build import graph_of, node_of, tensor_of

_SOUND = graph_of(
    node_of(0, (0, 5, -1), (1,)), node_of(2, (1, 9), (2,)), inputs=(0,), outputs=(2,), constants=(5,), variables=(9,)
)


def _with(tensor: Tensor) -> Graph:
    return replace(_SOUND, tensors={**_SOUND.tensors, tensor.index: tensor})


def _quantized(index: int, scales: tuple[float, ...], zero_points: tuple[int, ...], axis: int = 0) -> Graph:
    quantization = Quantization(scales=scales, zero_points=zero_points, axis=axis)
    return _with(replace(_SOUND.tensors[index], quantization=quantization))


def test_a_sound_graph_is_returned_as_it_is() -> None:
    assert verify(_SOUND) is _SOUND


@pytest.mark.parametrize(
    "graph",
    [
        _quantized(1, (0.5,), (-128,)),
        _quantized(1, tuple(0.1 * (step + 1) for step in range(10)), tuple(range(10))),
        _quantized(5, (0.0,), (0,)),
    ],
    ids=["one scale", "one scale a slice", "a constant with the scale 0"],
)
def test_a_sound_quantization_passes(graph: Graph) -> None:
    assert verify(graph) is graph


def test_only_an_assignment_writes_a_variable() -> None:
    graph = graph_of(
        node_of(0, (9, 0), (9,), "ASSIGN_VARIABLE"),
        node_of(1, (9,), (1,)),
        node_of(2, (9, 1), (9,), "ASSIGN_VARIABLE"),
        inputs=(0,),
        outputs=(1,),
        variables=(9,),
    )
    assert verify(graph) is graph
    with pytest.raises(BadModel, match=r"ADD .* writes tensor 9, which is a constant"):
        verify(replace(graph, nodes=(replace(graph.nodes[0], op="ADD"), *graph.nodes[1:])))


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (replace(_SOUND, inputs=(44,)), "tensor 44 is an input of the model but does not exist"),
        (replace(_SOUND, outputs=(-1,)), "tensor -1 is an output of the model but does not exist"),
        (replace(_SOUND, outputs=(2, 2)), "listed twice among the outputs"),
        (replace(_SOUND, inputs=(0, 5)), "input tensor 5 is a constant or a variable"),
        (replace(_SOUND, inputs=(0, 9)), "input tensor 9 is a constant or a variable"),
        (replace(_SOUND, nodes=_SOUND.nodes[:1]), "output tensor 2 is never written"),
        (replace(_SOUND, nodes=_SOUND.nodes[::-1]), r"ADD \(operator 2\) reads tensor 1 before it is written"),
        (
            replace(_SOUND, nodes=(_SOUND.nodes[0], replace(_SOUND.nodes[1], index=0))),
            "operator 0 stands after operator 0",
        ),
        (graph_of(node_of(0, (0,), (0,)), inputs=(0,), outputs=(0,)), "writes tensor 0, which is a constant, an input"),
        (graph_of(node_of(0, (0,), (1, 1)), inputs=(0,), outputs=(1,)), "writes tensor 1, which is"),
        (
            graph_of(node_of(0, (0,), (9,)), inputs=(0,), outputs=(9,), variables=(9,)),
            "writes tensor 9, which is a constant",
        ),
        (graph_of(node_of(0, (0,), ()), inputs=(0,), outputs=(0,)), r"ADD \(operator 0\) has no output"),
        (
            replace(_SOUND, nodes=(replace(_SOUND.nodes[0], inputs=(44,)), _SOUND.nodes[1])),
            "reads tensor 44, which does not exist",
        ),
        (
            replace(_SOUND, nodes=(replace(_SOUND.nodes[0], outputs=(44,)), _SOUND.nodes[1])),
            "writes tensor 44, which does not exist",
        ),
        (
            replace(_SOUND, nodes=(replace(_SOUND.nodes[0], intermediates=(44,)), _SOUND.nodes[1])),
            "has the intermediate tensor 44, which does not exist",
        ),
        (replace(_SOUND, tensors={**_SOUND.tensors, 1: tensor_of(7)}), "stands in the place of tensor 1"),
        (_with(replace(_SOUND.tensors[1], shape=(5, 0))), r"tensor 1 \('t1'\) has the shape \(5, 0\)"),
        (_with(replace(_SOUND.tensors[1], shape=(5, -2))), r"has the shape \(5, -2\)"),
        (_with(replace(_SOUND.tensors[5], shape=(11,))), r"is int8 \(11,\) but its data are int8 \(10,\)"),
        (_with(replace(_SOUND.tensors[5], dtype=DType.UINT8)), r"is uint8 \(10,\) but its data are int8 \(10,\)"),
        (_with(replace(_SOUND.tensors[9], data=np.zeros(10, dtype=np.int8))), "is a variable and a constant"),
        (_with(replace(_SOUND.tensors[1], initial=np.zeros(10, dtype=np.int8))), "initial values but is no variable"),
        (_with(replace(_SOUND.tensors[9], initial=np.zeros(9, dtype=np.int8))), r"its initial values are int8 \(9,\)"),
        (_quantized(1, (), ()), "has 0 scales and 0 zero points"),
        (_quantized(1, (0.5,), (1, 2)), "has 1 scales and 2 zero points"),
        (_quantized(1, (0.5, 0.5), (0, 0)), r"has 2 scales along axis 0 of the shape \(10,\)"),
        (_quantized(1, (0.5,) * 10, (0,) * 10, axis=1), "along axis 1"),
        (_quantized(1, (0.0,), (0,)), "has a scale that is negative, zero or not finite"),
        (_quantized(5, (-0.5,), (0,)), "has a scale that is negative, zero or not finite"),
        (_quantized(5, (float("nan"),), (0,)), "has a scale that is negative, zero or not finite"),
        (_quantized(1, (0.5,), (-129,)), "has a zero point that int8 cannot hold"),
    ],
)
def test_what_is_not_sound_is_refused_by_name(graph: Graph, words: str) -> None:
    with pytest.raises(BadModel, match=rf"^g: .*{words}"):
        verify(graph)


def test_the_size_of_a_tensor_follows_its_type_and_shape() -> None:
    sizes = {dtype: Tensor(index=0, name="", dtype=dtype, shape=(3, 2)).size_bytes for dtype in DType}
    assert sizes == {dtype: 6 * np.dtype(dtype.value).itemsize for dtype in DType}
