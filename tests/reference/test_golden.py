# SPDX-License-Identifier: Apache-2.0
"""The golden interpreter: the hashes of the reference models, layers, errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.errors import BadModel, UnsupportedModel, UserError
from harness.graph import DType
from harness.reference import Golden, describe_reference, pattern
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from tests.tflite.build import pack

HASHES = {"kws": 0x4E535C25, "ic": 0xC33C05F7, "ad": 0x064E6F2E, "vww": 0xAB66ECB1, "sww": 0xBB19F336}
SHAPES = {"kws": (1, 49, 10, 1), "ic": (1, 32, 32, 3), "ad": (1, 640), "vww": (1, 96, 96, 3), "sww": (1, 30, 1, 40)}


def fnv1a_32(data: bytes) -> int:
    digest = 0x811C9DC5
    for byte in data:
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFF_FFFF
    return digest


def doubling() -> bytes:
    tensors = [TensorSpec(shape=(4,), dtype="float32"), TensorSpec(shape=(4,), dtype="float32")]
    return build_model(
        tensors, [OperatorSpec(op="ADD", inputs=(0, 0), outputs=(1,), options="AddOptions")], inputs=[0], outputs=[1]
    )


@pytest.mark.parametrize("name", sorted(HASHES))
def test_outputs_of_the_reference_models_have_the_known_hashes(name: str, shared_models: dict[str, Path]) -> None:
    golden = Golden(shared_models[name].read_bytes())
    (output,) = golden.outputs([pattern(DType.INT8, SHAPES[name])])
    assert fnv1a_32(output.tobytes()) == HASHES[name]


def test_layers_are_read_by_their_tensors_and_leave_the_output_unchanged(shared_models: dict[str, Path]) -> None:
    golden = Golden(shared_models["kws"].read_bytes())
    inputs = [pattern(DType.INT8, SHAPES["kws"])]
    tensors = golden.tensors(inputs, [22, 34])
    assert tensors[22].shape == (1, 25, 5, 64)
    assert np.array_equal(tensors[34], golden.outputs(inputs)[0])


def test_the_reference_names_package_version_and_kernels() -> None:
    reference = describe_reference()
    assert (reference.package, reference.kernels) == ("ai-edge-litert", "BUILTIN_REF")
    assert reference.version[0].isdigit()


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(BadModel, match="the reference interpreter refuses the model"):
        Golden(b"not a model at all, only text of some length")


def test_inputs_of_another_type_shape_or_number_are_refused() -> None:
    golden = Golden(doubling())
    with pytest.raises(UserError, match="1 inputs, 2 are given"):
        golden.outputs([np.zeros(4, np.float32)] * 2)
    with pytest.raises(UserError, match=r"input 0 must be float32 of shape \(4,\), not int8"):
        golden.outputs([np.zeros(4, np.int8)])
    with pytest.raises(UserError, match=r"not float32 of shape \(5,\)"):
        golden.outputs([np.zeros(5, np.float32)])


def test_a_sequence_of_steps_gives_an_output_for_each() -> None:
    steps = [[np.full(4, k, np.float32)] for k in range(3)]
    assert [float(outputs[0][0]) for outputs in Golden(doubling()).sequence(steps)] == [0.0, 2.0, 4.0]


def test_elu_which_the_reference_lacks_is_run_by_other_kernels_and_they_are_named() -> None:
    tensors = [TensorSpec(shape=(1, 2), dtype="float32"), TensorSpec(shape=(1, 2), dtype="float32")]
    golden = Golden(build_model(tensors, [OperatorSpec(op="ELU", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1]))
    assert golden.kernels == "BUILTIN_WITHOUT_DEFAULT_DELEGATES"  # no other operator is left
    assert describe_reference(golden.kernels).kernels == golden.kernels
    (output,) = golden.outputs([np.array([[1.5, -1.0]], np.float32)])
    assert output[0].tolist() == pytest.approx([1.5, np.expm1(-1.0)])


def test_tile_of_int8_which_the_reference_lacks_is_run_by_other_kernels() -> None:
    tensors = [
        TensorSpec(shape=(1, 2), scales=(0.5,), zero_points=(3,)),
        TensorSpec(shape=(2,), dtype="int32", data=np.array([2, 1], np.int32)),
        TensorSpec(shape=(2, 2), scales=(0.5,), zero_points=(3,)),
    ]
    operator = OperatorSpec(op="TILE", inputs=(0, 1), outputs=(2,), version=3)
    golden = Golden(build_model(tensors, [operator], inputs=[0], outputs=[2]))
    assert golden.kernels == "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    (output,) = golden.outputs([np.array([[7, -9]], np.int8)])
    assert output.tolist() == [[7, -9], [7, -9]]


def test_an_operator_that_no_kernels_know_is_refused() -> None:
    tensors = [TensorSpec(shape=(1, 2), dtype="float32"), TensorSpec(shape=(1, 2), dtype="float32")]
    operator = OperatorSpec(op="ELU", inputs=(0,), outputs=(1,), version=77)
    with pytest.raises(BadModel, match="ELU"):
        Golden(build_model(tensors, [operator], inputs=[0], outputs=[1]))


def test_around_elu_all_other_operators_run_in_the_reference_kernels() -> None:
    tensors = [TensorSpec(shape=(1, 4), dtype="float32") for _ in range(4)]
    operators = [
        OperatorSpec(op="ABS", inputs=(0,), outputs=(1,), options="AbsOptions"),
        OperatorSpec(op="ELU", inputs=(1,), outputs=(2,)),
        OperatorSpec(op="ADD", inputs=(2, 0), outputs=(3,), options="AddOptions"),
    ]
    golden = Golden(build_model(tensors, operators, inputs=[0], outputs=[3, 1]))
    assert golden.kernels == "BUILTIN_REF and BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    values = np.array([[1.0, -2.0, 0.5, -0.25]], np.float32)
    sums, magnitudes = golden.outputs([values])
    assert sums.tolist() == (np.abs(values) + values).tolist()
    assert magnitudes.tolist() == np.abs(values).tolist()
    found = golden.tensors([values], [0, 2, 3])
    assert [found[index].tolist() for index in (0, 2, 3)] == [values.tolist(), magnitudes.tolist(), sums.tolist()]


def test_behind_a_softmax_of_many_classes_other_operators_still_see_its_values() -> None:
    tensors = [
        TensorSpec(shape=(1, 600), scales=(0.5,)),
        TensorSpec(shape=(1, 600), scales=(0.5,)),
        TensorSpec(shape=(1, 600), scales=(1 / 256,), zero_points=(-128,)),
        TensorSpec(shape=(1, 600), dtype="float32"),
    ]
    operators = [
        OperatorSpec(op="ABS", inputs=(0,), outputs=(1,), options="AbsOptions"),
        OperatorSpec(op="SOFTMAX", inputs=(1,), outputs=(2,), options="SoftmaxOptions", fields={"beta": 1.0}),
        OperatorSpec(op="DEQUANTIZE", inputs=(2,), outputs=(3,), options="DequantizeOptions", version=2),
    ]
    golden = Golden(build_model(tensors, operators, inputs=[0], outputs=[3]))
    assert golden.kernels == "BUILTIN_REF"
    peak = np.zeros((1, 600), np.int8)
    peak[0, 7] = -100
    (shares,) = golden.outputs([peak])
    assert (int(shares.argmax()), float(shares.max())) == (7, 255 / 256)
    with pytest.raises(BadModel, match="sum up to 512 or more"):
        golden.outputs([np.zeros((1, 600), np.int8)])


def test_a_softmax_of_many_classes_behind_a_state_is_refused_before_it_can_stop_the_process() -> None:
    tensors = [
        TensorSpec(shape=(1, 600), scales=(0.5,)),
        TensorSpec(shape=(1, 600), scales=(1 / 256,), zero_points=(-128,)),
        TensorSpec(shape=(1, 4), dtype="float32"),
    ]
    operator = OperatorSpec(op="SOFTMAX", inputs=(0,), outputs=(1,), options="SoftmaxOptions", fields={"beta": 1.0})
    unpacked = schema.ModelT.InitFromObj(
        schema.Model.GetRootAs(build_model(tensors, [operator], inputs=[0], outputs=[1]))
    )
    unpacked.subgraphs[0].tensors[2].isVariable = True
    with pytest.raises(UnsupportedModel, match="a model with state cannot be cut before it"):
        Golden(pack(unpacked))
