# SPDX-License-Identifier: Apache-2.0
"""The runtime codegen: what it renders, what it refuses, and that its C equals the reference layer by layer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from harness.boards import Board, Memory, load_board
from harness.errors import BadModel, DoesNotFit, UnsupportedModel, UserError
from harness.reference import Golden, compare, standard_inputs
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import build_host
from harness.testing.models import OperatorSpec, SubgraphSpec, TensorSpec, build_model
from tests.ops.variables import ONCE, assign, handle, read
from tests.runtimes.models import quantized, small_network

HOST = load_board("host")


def with_memories(*memories: Memory) -> Board:
    return replace(load_board("mps2_an385"), memories=memories)


def memory(name: str, size: int, *holds: str) -> Memory:
    kind = "flash" if "weights" in holds else "ram"
    return msgspec.convert({"name": name, "kind": kind, "address": 0, "size_bytes": size, "holds": holds}, Memory)


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_every_layer_of_a_reference_model_equals_the_golden_one(
    name: str, shared_models: dict[str, Path], tmp_path: Path
) -> None:
    model = shared_models[name].read_bytes()
    rendered = RUNTIME.render(model, HOST, name=f"{name}.tflite")
    (port,) = rendered.inputs
    inputs = standard_inputs(port.dtype, port.shape, port.zero_point)
    runs = build_host(rendered, tmp_path, flags=("-O2",)).run([[array] for _, array in inputs])
    golden = Golden(model)
    for (label, array), run in zip(inputs, runs, strict=True):
        wanted = golden.tensors([array], [layer.output.tensor for layer in rendered.layers])
        for layer, got in zip(rendered.layers, run.layers, strict=True):
            reference = wanted[layer.output.tensor]
            if layer.selection is not None:
                reference = reference[..., list(layer.selection.kept)]
            found = compare(got, reference)
            assert found.equal, f"{label}, {layer.name}: {found.describe()}"
        assert compare(run.outputs[0], golden.outputs([array])[0]).equal


@pytest.mark.parametrize(
    ("name", "macs"), [("kws", 2_656_768), ("ic", 12_501_632), ("vww", 3_727_313), ("ad", 264_192), ("sww", 826_368)]
)
def test_multiply_accumulates_are_those_that_the_reference_models_cannot_do_without(
    name: str, macs: int, shared_models: dict[str, Path]
) -> None:
    rendered = RUNTIME.render(shared_models[name].read_bytes(), HOST, name=name)
    assert sum(layer.macs for layer in rendered.layers) == macs


def test_the_same_model_gives_the_same_bytes_and_no_trace_of_its_path() -> None:
    first, second = (RUNTIME.render(small_network(), HOST, name=f"/{folder}/net.tflite") for folder in "ab")
    assert first.files == second.files
    assert first.prefix == "net"


def test_layers_are_named_after_operator_and_number_and_know_their_tensor() -> None:
    rendered = RUNTIME.render(small_network(), HOST, name="net")
    assert [(layer.name, layer.symbol, layer.op, layer.node, layer.output.tensor) for layer in rendered.layers] == [
        ("conv_2d_0", "net_conv_2d_0", "CONV_2D", 0, 3),
        ("add_1", "net_add_1", "ADD", 1, 4),
        ("average_pool_2d_2", "net_average_pool_2d_2", "AVERAGE_POOL_2D", 2, 5),
        ("reshape_3", "net_reshape_3", "RESHAPE", 3, 6),
        ("fully_connected_4", "net_fully_connected_4", "FULLY_CONNECTED", 4, 8),
    ]
    assert rendered.invoke_symbol == "net_invoke"


def test_constants_are_counted_as_the_compiler_will_place_them() -> None:
    # weights 5*48 (45 taps, filled up to a multiple of 4) + bias 20 + multipliers 20 + shifts 5; weights 4*20 + bias 16
    assert RUNTIME.render(small_network(), HOST, name="net").weights_bytes == 240 + 20 + 20 + 5 + 80 + 16


def test_activations_that_exceed_the_memory_are_refused_with_the_bytes_missing() -> None:
    board = with_memories(memory("flash", 9000, "code", "weights"), memory("ram", 256, "activations", "data", "stack"))
    with pytest.raises(DoesNotFit, match="ram") as caught:
        RUNTIME.render(small_network(), board, name="net")
    needed = RUNTIME.render(small_network(), HOST, name="net").activations_bytes["ram"]
    assert caught.value.missing_bytes == needed - 256


def test_constants_that_exceed_the_flash_are_refused_with_the_bytes_missing() -> None:
    board = with_memories(memory("flash", 300, "code", "weights"), memory("ram", 9000, "activations", "data", "stack"))
    with pytest.raises(DoesNotFit, match="constants take 381 bytes") as caught:
        RUNTIME.render(small_network(), board, name="net")
    assert caught.value.missing_bytes == 81


def test_activations_spread_over_two_regions_still_compute_the_same(tmp_path: Path) -> None:
    flash, ram = memory("flash", 9000, "code", "weights"), memory("ram", 9000, "data", "stack")
    board = with_memories(flash, ram, memory("fast", 200, "activations"), memory("slow", 400, "activations"))
    rendered = RUNTIME.render(small_network(), board, name="net")
    assert set(rendered.activations_bytes) == {"fast", "slow"}
    assert all(rendered.activations_bytes.values())
    assert 'HARNESS_REGION("slow") uint8_t net_activations_slow[' in rendered.files["net.c"]
    (port,) = rendered.inputs
    inputs = [[array] for _, array in standard_inputs(port.dtype, port.shape, port.zero_point)]
    golden = Golden(small_network())
    for feed, run in zip(inputs, build_host(rendered, tmp_path).run(inputs), strict=True):
        assert np.array_equal(run.outputs[0], golden.outputs(feed)[0])


def test_several_inputs_and_outputs_keep_the_order_of_the_model(tmp_path: Path) -> None:
    shape = (1, 3)
    tensors = [TensorSpec(shape=shape, dtype="float32") for _ in range(5)]
    operators = [
        OperatorSpec(op="ADD", inputs=(0, 1), outputs=(2,), options="AddOptions"),
        OperatorSpec(op="ADD", inputs=(2, 2), outputs=(3,), options="AddOptions"),
        OperatorSpec(op="ADD", inputs=(3, 1), outputs=(4,), options="AddOptions"),
    ]
    model = build_model(tensors, operators, inputs=[1, 0], outputs=[4, 2])
    rendered = RUNTIME.render(model, HOST, name="net")
    assert [port.tensor for port in (*rendered.inputs, *rendered.outputs)] == [1, 0, 4, 2]
    feed = [np.array([[1, 2, 3]], np.float32), np.array([[10, 20, 30]], np.float32)]
    (run,) = build_host(rendered, tmp_path).run([feed])
    wanted = Golden(model).outputs(feed)
    assert [output.tolist() for output in run.outputs] == [output.tolist() for output in wanted]
    assert wanted[1].tolist() == [[11, 22, 33]]


def test_a_variable_has_memory_of_its_own_that_reset_sets_to_its_zero_point(tmp_path: Path) -> None:
    state = TensorSpec(shape=(1, 4), scales=(0.05,), zero_points=(-7,), is_variable=True)
    tensors = [quantized((1, 4)), state, quantized((1, 4))]
    operator = OperatorSpec(op="ADD", inputs=(0, 1), outputs=(2,), options="AddOptions", version=2)
    model = build_model(tensors, [operator], inputs=[0], outputs=[2])
    rendered = RUNTIME.render(model, HOST, name="net")
    assert "memset(TENSOR_1, -7, 4);" in rendered.files["net.c"]
    feed = [np.array([[-128, -1, 5, 127]], np.int8)]
    (run,) = build_host(rendered, tmp_path).run([feed])
    assert np.array_equal(run.outputs[0], Golden(model).outputs(feed)[0])


def test_a_plan_chooses_the_variant_of_a_layer_and_an_unknown_one_is_refused() -> None:
    rendered = RUNTIME.render(small_network(), HOST, name="net", plan=(("conv_2d_0", "generic"),))
    assert rendered.layers[0].variant == "generic"
    with pytest.raises(UserError, match="has no variant 'fastest'"):
        RUNTIME.render(small_network(), HOST, name="net", plan=(("conv_2d_0", "fastest"),))
    with pytest.raises(UserError, match="the kernel plan names the layer 'conv_2d_9'") as caught:
        RUNTIME.render(small_network(), HOST, name="net", plan=(("conv_2d_9", "generic"),))
    assert "Did you mean 'conv_2d_0'?" in str(caught.value)


def test_an_operator_without_a_kernel_is_named_with_its_types_and_the_choices() -> None:
    tensors = [quantized((1, 4)), quantized((1, 4))]
    model = build_model(tensors, [OperatorSpec(op="COS", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1])
    with pytest.raises(UnsupportedModel, match=r"COS version 1 \(operator 0 of the model, \[int8 1x4\]") as caught:
        RUNTIME.render(model, HOST, name="net")
    assert "docs/operators.md" in str(caught.value)


def test_a_convolution_in_three_dimensions_is_refused_with_what_to_use_instead() -> None:
    shapes = ((1, 4, 4, 4, 1), (2, 2, 2, 1, 3), (1, 3, 3, 3, 3))
    tensors = [TensorSpec(shape=shape, dtype="float32") for shape in shapes]
    tensors[1] = TensorSpec(shape=shapes[1], dtype="float32", data=np.zeros(shapes[1], np.float32))
    operator = OperatorSpec(op="CONV_3D", inputs=(0, 1), outputs=(2,), options="Conv3DOptions")
    model = build_model(tensors, [operator], inputs=[0], outputs=[2])
    with pytest.raises(UnsupportedModel, match=r"CONV_3D version 1 \(operator 0 of the model, \[float32") as caught:
        RUNTIME.render(model, HOST, name="net")
    assert "use Conv2D" in caught.value.hint


def test_a_variable_that_begins_with_values_gets_them_from_flash_on_each_reset(tmp_path: Path) -> None:
    start = np.arange(-2, 2, dtype=np.float32).reshape(1, 4)
    frame, resource = TensorSpec(shape=(1, 4), dtype="float32"), TensorSpec(shape=(), dtype="resource")
    begun = SubgraphSpec(
        tensors=(resource, TensorSpec(shape=(1, 4), dtype="float32", data=start)), operators=(handle(0), assign(0, 1))
    )
    add = OperatorSpec(op="ADD", inputs=(0, 2), outputs=(3,), options="AddOptions")
    operators = (ONCE, handle(1), read(1, 2), add, assign(1, 3))
    model = build_model((frame, resource, frame, frame), operators, inputs=(0,), outputs=(3,), further=(begun,))
    rendered = RUNTIME.render(model, HOST, name="net")
    assert rendered.weights_bytes == start.nbytes
    program = build_host(rendered, tmp_path)
    ones = [[np.ones((1, 4), np.float32)]] * 3
    kept = [run.outputs[0].tolist()[0] for run in program.run(ones, keeps_state=True)]
    assert kept == [[-1, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4]]
    assert [run.outputs[0].tolist()[0] for run in program.run(ones)] == [[-1, 0, 1, 2]] * 3


def test_a_damaged_file_is_a_bad_model() -> None:
    with pytest.raises(BadModel):
        RUNTIME.render(small_network()[:200], HOST, name="net")


def test_a_model_that_computes_nothing_is_refused() -> None:
    model = build_model([quantized((1, 4))], [], inputs=[0], outputs=[0])
    with pytest.raises(UnsupportedModel, match="computes nothing"):
        RUNTIME.render(model, HOST, name="net")


def test_a_type_that_generated_code_cannot_show_is_refused() -> None:
    tensors = [TensorSpec(shape=(1, 4), dtype="int64"), TensorSpec(shape=(4,), dtype="int64")]
    model = build_model(tensors, [OperatorSpec(op="RESHAPE", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1])
    with pytest.raises(UnsupportedModel, match="must be all int8, int16, int32 or float32"):
        RUNTIME.render(model, HOST, name="net")
