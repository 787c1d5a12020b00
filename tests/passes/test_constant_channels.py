# SPDX-License-Identifier: Apache-2.0
"""Channels that need not be computed: found, left out, and nothing else changes by a bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.graph import Graph
from harness.ops import count_macs, parse_layer
from harness.passes import simplify
from harness.passes.constant_channels import drop_constant_channels
from harness.passes.intervals import channel_intervals
from harness.reference import Golden, standard_inputs
from harness.runtimes.codegen import RUNTIME
from harness.testing.batch import merge
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.tflite import read_model
from tests.passes.networks import RELU, SAME, VALID, Network, model_of, random_network, rewritten_model

SEEDS = range(60)
HOST = load_board("host")


def inputs_of(net: Network, count: int) -> list[np.ndarray]:
    spec = net.tensors[0]
    return [v for _, v in standard_inputs(read(net).tensor(0).dtype, spec.shape, spec.zero_points[0], count=count)]


def read(net: Network) -> Graph:
    return read_model(model_of(net), name="net")


def dropped_of(graph: Graph) -> dict[int, tuple[int, ...]]:
    """Return the channels that a graph has lost, by tensor."""
    selections = {index: tensor.selection for index, tensor in graph.tensors.items()}
    return {i: tuple(sorted(set(range(s.channels)) - set(s.kept))) for i, s in selections.items() if s is not None}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_never_leaves_the_intervals(seed: int) -> None:
    net = random_network(seed)
    intervals, _ = channel_intervals(read(net))
    golden = Golden(model_of(net))
    for values in inputs_of(net, 8):
        for index, found in golden.tensors([values], list(intervals)).items():
            rows = found.reshape(-1, found.shape[-1])
            assert (rows.min(axis=0) >= intervals[index].low).all()
            assert (rows.max(axis=0) <= intervals[index].high).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_of_a_network_computes_the_same_bytes(seed: int) -> None:
    net = random_network(seed)
    graph = simplify(read(net))
    before, after = Golden(model_of(net)), Golden(rewritten_model(graph, net.operators))
    place = {number: position for position, number in enumerate(sorted(graph.tensors))}
    written = [node.outputs[0] for node in graph.nodes]
    for values in inputs_of(net, 8):
        wanted = before.tensors([values], written)
        got = after.tensors([values], [place[index] for index in written])
        for index in written:
            tensor, whole = graph.tensor(index), wanted[index]
            if tensor.selection is not None:
                for channel, value in tensor.selection.constants:
                    assert (whole[..., channel] == value).all()
                whole = whole[..., list(tensor.selection.kept)]
            assert np.array_equal(got[place[index]], whole)


def test_random_networks_lose_channels_of_every_kind_of_layer() -> None:
    found = set()
    for seed in SEEDS:
        graph = simplify(read(random_network(seed)))
        found |= {node.op for node in graph.nodes if node.outputs[0] in dropped_of(graph)}
    convolutions = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
    assert found == convolutions | {"ADD", "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE"}


def test_generated_code_of_networks_that_lost_channels_equals_the_reference(tmp_path: Path) -> None:
    nets = [random_network(seed) for seed in range(8)]
    models = [model_of(net) for net in nets]
    batch = merge([RUNTIME.render(model, HOST, name=f"net_{k}") for k, model in enumerate(models)])
    columns = [inputs_of(net, 6) for net in nets]
    sets = [list(row) for row in zip(*columns, strict=True)]
    for row, run in zip(sets, build_host(batch, tmp_path, flags=("-O1",), with_layers=False).run(sets), strict=True):
        for model, values, got in zip(models, row, run.outputs, strict=True):
            assert np.array_equal(got, Golden(model).outputs([values])[0])


def set_filter(net: Network, tensor: int, channel: int, axis: int, *, weight: int, bias: int) -> None:
    """Give one filter the same weight everywhere, and its bias, which is the tensor after its weights."""
    weights, biases = net.tensors[tensor].data, net.tensors[tensor + 1].data
    assert weights is not None
    assert biases is not None
    np.moveaxis(weights, axis, 0)[channel] = weight
    biases[channel] = bias


def two_convolutions(*, bias: int, taps: int, padding: int, zero: int = -128, relu: int = RELU) -> tuple[Network, int]:
    """A convolution whose channel 2 has no weights, only a bias, and one that reads it; return the first's output."""
    net = Network(np.random.default_rng(5))
    first = net.conv(net.activation(1, 6, 6, 3, zero=0), 4, 1, zero=zero, relu=relu)
    net.conv(first, 3, taps, padding=padding)
    for tensor in (1, 4):
        for channel in range(net.shape(tensor)[0]):
            set_filter(net, tensor, channel, 0, weight=20 + channel, bias=0)
    set_filter(net, 1, 2, 0, weight=0, bias=bias)
    return net, first


@pytest.mark.parametrize(
    ("bias", "taps", "padding", "gone"),
    [
        (0, 1, SAME, True),  # holds the zero point
        (0, 3, SAME, True),
        (-(10**6), 3, SAME, True),  # dead: the activation holds it at the zero point
        (10**6, 1, SAME, True),  # saturated at the highest output
        (10**6, 3, VALID, True),
        (10**6, 3, SAME, False),  # the padding holds another value
    ],
)
def test_a_constant_is_folded_under_padding_only_where_it_is_the_zero_point(
    bias: int, taps: int, padding: int, gone: bool
) -> None:
    net, first = two_convolutions(bias=bias, taps=taps, padding=padding)
    assert dropped_of(drop_constant_channels(read(net))) == ({first: (2,)} if gone else {})


def test_a_channel_that_no_weight_reads_goes_although_it_varies() -> None:
    net, first = two_convolutions(bias=0, taps=3, padding=SAME)
    for tensor, channel, weight in ((1, 2, 9), (4, 0, 0)):
        data = net.tensors[tensor].data
        assert data is not None
        if tensor == 1:
            data[channel] = weight
        else:
            data[..., 1] = weight
    graph = drop_constant_channels(read(net))
    assert dropped_of(graph) == {first: (1,)}
    selection = graph.tensor(first).selection
    assert selection is not None
    assert (selection.channels, selection.kept, selection.constants) == (4, (0, 2, 3), ())


def test_an_addition_loses_a_channel_only_with_both_of_its_operands() -> None:
    def residual(second_bias_too: bool) -> tuple[Network, list[int]]:
        net = Network(np.random.default_rng(8))
        source = net.activation(1, 4, 4, 2, zero=0)
        one, other = net.conv(source, 3, 1), net.conv(source, 3, 1)
        total = net.add(one, other)
        net.conv(total, 3, 1)
        for tensor in (1, 4, 8):
            for channel in range(3):
                set_filter(net, tensor, channel, 0, weight=30 + channel, bias=0)
        set_filter(net, 1, 1, 0, weight=0, bias=0)
        if second_bias_too:
            set_filter(net, 4, 1, 0, weight=0, bias=10**6)
        return net, [one, other, total]

    net, _ = residual(False)
    assert dropped_of(drop_constant_channels(read(net))) == {}
    net, tensors = residual(True)
    assert dropped_of(drop_constant_channels(read(net))) == dict.fromkeys(tensors, (1,))


def test_a_ratio_of_scales_that_shifts_far_to_the_left_leaves_any_output_possible() -> None:
    tensors = [
        TensorSpec(shape=(1, 4, 4, 2), scales=(1.0,), zero_points=(3,)),
        TensorSpec(shape=(2, 1, 1, 2), data=np.full((2, 1, 1, 2), 127, np.int8), scales=(0.75,)),
        TensorSpec(shape=(1, 4, 4, 2), scales=(2.0**-29,), zero_points=(0,)),
    ]
    fields = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    operator = OperatorSpec(op="CONV_2D", inputs=(0, 1, -1), outputs=(2,), options="Conv2DOptions", fields=fields)
    graph = read_model(build_model(tensors, [operator], inputs=(0,), outputs=(2,)), name="steep")
    found = channel_intervals(graph)[0][2]
    assert found.low.tolist() == [-128, -128]
    assert found.high.tolist() == [127, 127]


def test_a_single_number_may_be_given_a_dimension() -> None:
    number, row = (TensorSpec(shape=shape, scales=(0.5,), zero_points=(3,)) for shape in ((), (1,)))
    target = TensorSpec(shape=(1,), dtype="int32", data=np.array([1], np.int32))
    operator = OperatorSpec(op="RESHAPE", inputs=(0, 1), outputs=(2,))
    graph = read_model(build_model([number, target, row], [operator], inputs=[0], outputs=[2]), name="net")
    intervals, _ = channel_intervals(graph)
    assert (intervals[2].low.tolist(), intervals[2].high.tolist()) == ([-128], [127])


def test_outputs_of_the_model_keep_all_their_channels() -> None:
    net = Network(np.random.default_rng(5))
    net.conv(net.activation(1, 4, 4, 3, zero=0), 4, 1)
    set_filter(net, 1, 2, 0, weight=0, bias=0)
    assert dropped_of(drop_constant_channels(read(net))) == {}


def test_a_layer_whose_channels_are_all_constant_keeps_one() -> None:
    net, first = two_convolutions(bias=0, taps=1, padding=SAME)
    for channel in range(4):
        set_filter(net, 1, channel, 0, weight=0, bias=0)
    assert dropped_of(drop_constant_channels(read(net))) == {first: (1, 2, 3)}


@pytest.mark.parametrize(
    ("name", "macs"), [("kws", 2_656_768), ("ic", 12_501_632), ("vww", 3_727_313), ("ad", 264_192), ("sww", 826_368)]
)
def test_a_reference_model_has_as_many_multiply_accumulates_left(
    name: str, macs: int, shared_models: dict[str, Path]
) -> None:
    graph = simplify(read_model(shared_models[name].read_bytes(), name=name))
    assert sum(count_macs(parse_layer(node, graph)) for node in graph.nodes) == macs


def test_vww_loses_the_channels_that_its_weights_condemn(shared_models: dict[str, Path]) -> None:
    graph = simplify(read_model(shared_models["vww"].read_bytes(), name="vww"))
    lost = [len(dropped_of(graph).get(node.outputs[0], ())) for node in graph.nodes if node.op == "CONV_2D"]
    assert lost == [0, 0, 0, 0, 0, 4, 22, 71, 98, 109, 113, 103, 225, 234]


@pytest.mark.slow
def test_forty_runs_of_vww_never_leave_the_intervals(shared_models: dict[str, Path]) -> None:
    model = shared_models["vww"].read_bytes()
    graph = read_model(model, name="vww")
    intervals, _ = channel_intervals(graph)
    golden = Golden(model)
    rng = np.random.default_rng(20_26)
    source = graph.tensor(graph.inputs[0])
    for _ in range(40):
        values = rng.integers(-128, 128, source.shape).astype(np.int8)
        for index, found in golden.tensors([values], list(intervals)).items():
            rows = found.reshape(-1, found.shape[-1])
            assert (rows.min(axis=0) >= intervals[index].low).all()
            assert (rows.max(axis=0) <= intervals[index].high).all()
