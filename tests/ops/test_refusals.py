# SPDX-License-Identifier: Apache-2.0
"""What operators refuse, before anything is emitted: always by name, with number, types and what to do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import BadModel, UnsupportedModel
from harness.graph import DType
from harness.ops import parse_layer, supported_operators
from harness.runtimes.codegen import RUNTIME
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from tests.graph.build import graph_of, node_of

HOST = load_board("host")
INT8 = TensorSpec(shape=(1, 4, 4, 2), scales=(0.1,), zero_points=(0,))
FLOAT = TensorSpec(shape=(1, 4, 4, 2), dtype="float32")
WEIGHTS = TensorSpec(shape=(2, 3, 3, 2), scales=(0.1,), data=np.ones((2, 3, 3, 2), np.int8))
MATRIX = TensorSpec(shape=(3, 32), scales=(0.1,), data=np.ones((3, 32), np.int8))
ROW = TensorSpec(shape=(1, 3), scales=(0.1,), zero_points=(0,))


def render(op: str, tensors: list[TensorSpec], options: str, **fields: int | float) -> None:
    """Render a model of one operator: all tensors but the last are its inputs, those without data are fed."""
    last = len(tensors) - 1
    fed = [index for index, tensor in enumerate(tensors[:-1]) if tensor.data is None]
    operator = OperatorSpec(op=op, inputs=tuple(range(last)), outputs=(last,), options=options, fields=fields)
    RUNTIME.render(build_model(tensors, [operator], inputs=fed, outputs=[last]), HOST, name="net")


def conv(*tensors: TensorSpec, **fields: int) -> None:
    render("CONV_2D", list(tensors), "Conv2DOptions", **{"strideH": 1, "strideW": 1, **fields})


def pool(source: TensorSpec, output: TensorSpec, **fields: int) -> None:
    size = {"strideH": 1, "strideW": 1, "filterHeight": 2, "filterWidth": 2}
    render("MAX_POOL_2D", [source, output], "Pool2DOptions", **{**size, **fields})


def softmax(scale: float = 0.1, *, depth: int = 4, beta: float = 1.0, output: float = 1 / 256) -> None:
    tensors = [
        TensorSpec(shape=(1, depth), scales=(scale,)),
        TensorSpec(shape=(1, depth), scales=(output,), zero_points=(-128,)),
    ]
    render("SOFTMAX", tensors, "SoftmaxOptions", beta=beta)


def test_a_fused_activation_without_integer_range_is_named() -> None:
    with pytest.raises(UnsupportedModel, match=r"CONV_2D version 1 \(operator 0 .*fused activation TANH") as caught:
        conv(INT8, WEIGHTS, INT8, fusedActivationFunction=4)
    assert "RELU6" in str(caught.value)


def test_mixed_types_are_named() -> None:
    with pytest.raises(UnsupportedModel, match=r"\[int8 1x4x4x2, int8 2x3x3x2\] -> \[float32 1x4x4x2\].*all int8"):
        conv(INT8, WEIGHTS, FLOAT)


def test_a_tensor_that_stayed_in_floats_is_told_with_the_layer_that_it_comes_from() -> None:
    graph = graph_of(node_of(3, (0, 1), (2,), op="ADD"), inputs=(0, 1), outputs=(2,))
    left = dataclasses.replace(graph.tensor(1), name="net/dense_1/BiasAdd", dtype=DType.FLOAT32)
    mixed = dataclasses.replace(graph, tensors={**graph.tensors, 1: left})
    with pytest.raises(
        UnsupportedModel, match=r"operator 3 .*, layer 't2'\).*tensor 1 'net/dense_1/BiasAdd' was left in f"
    ):
        parse_layer(mixed.nodes[0], mixed)


def test_weights_that_are_computed_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="weights must be constant"):
        conv(INT8, dataclasses.replace(WEIGHTS, data=None), INT8)


def test_asymmetric_weights_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="must be symmetric"):
        conv(INT8, dataclasses.replace(WEIGHTS, zero_points=(5,)), INT8)


def test_an_output_shape_that_does_not_follow_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match=r"output must have shape \(1, 2, 2, 2\)"):
        conv(INT8, WEIGHTS, INT8, padding=1)


def test_channels_that_do_not_divide_into_groups_are_refused() -> None:
    weights = TensorSpec(shape=(2, 3, 3, 3), scales=(0.1,), data=np.ones((2, 3, 3, 3), np.int8))
    with pytest.raises(UnsupportedModel, match="2 channels do not divide into filters of depth 3"):
        conv(INT8, weights, INT8)


@pytest.mark.parametrize("field", ["strideH", "strideW", "dilationHFactor", "dilationWFactor"])
def test_strides_and_dilations_below_one_are_refused(field: str) -> None:
    with pytest.raises(UnsupportedModel, match="must be at least 1"):
        conv(INT8, WEIGHTS, INT8, **{field: 0})


def test_an_unknown_padding_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="padding has the unknown number 3"):
        conv(INT8, WEIGHTS, INT8, padding=3)


def test_scales_out_of_all_proportion_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="too large"):
        conv(dataclasses.replace(INT8, scales=(1e12,)), WEIGHTS, dataclasses.replace(INT8, scales=(1e-12,)))


@pytest.mark.parametrize(("op", "scales"), [("MUL", (1e30, 1e30, 0.1)), ("DIV", (1e30, 0.1, 1e-12))])
def test_scales_whose_ratio_no_float_holds_are_refused(op: str, scales: tuple[float, float, float]) -> None:
    tensors = [dataclasses.replace(INT8, scales=(scale,)) for scale in scales]
    with pytest.raises(UnsupportedModel, match="out of all proportion"):
        render(op, tensors, f"{op.capitalize()}Options")


@pytest.mark.parametrize("operator", supported_operators())
def test_an_operator_without_inputs_is_refused(operator: str) -> None:
    model = build_model([FLOAT], [OperatorSpec(op=operator, inputs=(), outputs=(0,))], inputs=[], outputs=[0])
    with pytest.raises((UnsupportedModel, BadModel)):
        RUNTIME.render(model, HOST, name="net")


def test_a_hard_swish_that_the_reference_cannot_scale_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="the input's is more than 128 times the output's"):
        render("HARD_SWISH", [INT8, dataclasses.replace(INT8, scales=(1e-4,))], "HardSwishOptions")


def test_an_axis_that_is_not_one_number_is_refused() -> None:
    axes = TensorSpec(shape=(2,), dtype="int32", data=np.array([1, 2], np.int32))
    with pytest.raises(UnsupportedModel, match="its axis must be one number, not 2"):
        render("EXPAND_DIMS", [INT8, axes, INT8], "ExpandDimsOptions")


def test_a_tensor_that_no_board_holds_is_refused_before_its_elements_are_numbered() -> None:
    shape = TensorSpec(shape=(1,), dtype="int32", data=np.array([1 << 30], np.int32))
    value = TensorSpec(shape=(), scales=(0.1,), zero_points=(0,))
    output = TensorSpec(shape=(1 << 30,), scales=(0.1,), zero_points=(0,))
    with pytest.raises(UnsupportedModel, match="1,073,741,824 elements: no microcontroller"):
        render("FILL", [shape, value, output], "FillOptions")


def test_shuffled_weights_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="weights are shuffled"):
        render("FULLY_CONNECTED", [INT8, MATRIX, ROW], "FullyConnectedOptions", weightsFormat=1)


def test_a_row_that_does_not_fit_the_weights_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="do not fit weights of shape 3x32"):
        render("FULLY_CONNECTED", [ROW, MATRIX, ROW], "FullyConnectedOptions")


def test_pooling_between_different_scales_is_refused() -> None:
    output = TensorSpec(shape=(1, 4, 4, 2), scales=(0.2,), zero_points=(0,))
    with pytest.raises(UnsupportedModel, match="same scale and zero point"):
        pool(INT8, output)


def test_a_window_larger_than_the_input_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="window is larger than its input"):
        pool(INT8, INT8, padding=1, filterHeight=5)


def test_an_activation_without_one_scale_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="must have one scale and one zero point"):
        pool(dataclasses.replace(INT8, scales=()), INT8)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"output": 1 / 128}, "scale 1/256"),
        ({"depth": 4096}, "rows of more than 4095"),
        ({"scale": 1e-9}, "scale 1e-09 is too small"),
        ({"beta": 0.0}, "beta is 0.0"),
    ],
)
def test_a_softmax_that_stops_the_reference_kernel_is_refused(case: dict[str, float], why: str) -> None:
    with pytest.raises(UnsupportedModel, match=why):
        softmax(**case)  # type: ignore[arg-type]


def test_an_addition_to_a_far_smaller_scale_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="output's scale 1e-08 is too small"):
        render("ADD", [INT8, INT8, dataclasses.replace(INT8, scales=(1e-8,))], "AddOptions")


def test_an_addition_of_constants_is_refused() -> None:
    fixed = dataclasses.replace(INT8, data=np.ones((1, 4, 4, 2), np.int8))
    tensors = [fixed, fixed, INT8, INT8]
    operator = OperatorSpec(op="ADD", inputs=(0, 1), outputs=(3,), options="AddOptions")
    with pytest.raises(UnsupportedModel, match="both operands are constant"):
        RUNTIME.render(build_model(tensors, [operator], inputs=[2], outputs=[3]), HOST, name="net")


def test_a_mean_over_dimensions_that_do_not_exist_is_refused() -> None:
    axes = TensorSpec(shape=(2,), dtype="int32", data=np.array([1, 4], np.int32))
    output = TensorSpec(shape=(1, 4), scales=(0.1,))
    with pytest.raises(UnsupportedModel, match="axes must lie between -4 and 3"):
        render("MEAN", [INT8, axes, output], "ReducerOptions")


def test_a_shape_that_is_computed_is_refused() -> None:
    shape = TensorSpec(shape=(2,), dtype="int32")
    output = dataclasses.replace(INT8, shape=(1, 32))
    with pytest.raises(UnsupportedModel, match="shape is computed at run time"):
        render("RESHAPE", [INT8, shape, output], "ReshapeOptions")


INT16 = dataclasses.replace(INT8, dtype="int16")
BIAS = TensorSpec(shape=(2,), dtype="int64", scales=(0.01,), data=np.ones(2, np.int64))


@pytest.mark.parametrize(
    ("bias", "declared", "why"),
    [
        (dataclasses.replace(BIAS, dtype="int32", data=np.ones(2, np.int32)), 0, "bias must be int64, or int32 where"),
        (BIAS, 2, "bias must be int64, or int32 where"),
        (dataclasses.replace(BIAS, data=np.full(2, 1 << 50)), 0, "a bias has more than 46 bits"),
        (dataclasses.replace(BIAS, dtype="float32", data=np.ones(2, np.float32)), 0, "bias must be int64"),
    ],
)
def test_a_bias_of_16x8_that_the_reference_would_misread_is_refused(bias: TensorSpec, declared: int, why: str) -> None:
    with pytest.raises(UnsupportedModel, match=why):
        conv(INT16, WEIGHTS, bias, INT16, quantizedBiasType=declared)


def test_a_hybrid_depthwise_convolution_needs_a_scale_for_each_channel() -> None:
    weights = TensorSpec(shape=(1, 3, 3, 2), scales=(0.1,), data=np.ones((1, 3, 3, 2), np.int8))
    with pytest.raises(UnsupportedModel, match="a scale for each channel"):
        render(
            "DEPTHWISE_CONV_2D",
            [FLOAT, weights, FLOAT],
            "DepthwiseConv2DOptions",
            strideH=1,
            strideW=1,
            depthMultiplier=1,
        )


def test_sums_of_powers_of_two_that_the_reference_cannot_shift_are_refused() -> None:
    fine, coarse = (dataclasses.replace(INT16, scales=(scale,)) for scale in (0.125, 0.5))
    with pytest.raises(UnsupportedModel, match="all its scales are powers of two"):
        render("ADD", [fine, fine, coarse], "AddOptions")
    with pytest.raises(UnsupportedModel, match="cannot broadcast"):
        render("ADD", [fine, dataclasses.replace(fine, shape=(2,)), fine], "AddOptions")
