# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile files: whatever the bytes, the end is a graph or an error that names what is wrong."""

from __future__ import annotations

import random
import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.errors import BadModel, UnsupportedModel
from harness.passes import simplify
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.tflite import read_model
from tests.fuzz.damage import guard, mutate, outcome_of
from tests.tflite.build import pack, small_model
from tests.tflite.test_state import state_model

_SEED = 20_240_607
_MUTATIONS = 20_000
_MEGABYTE = 1024 * 1024


def _fuzz(data: bytes, count: int, seed: int) -> dict[str, int]:
    rng = random.Random(seed)
    outcomes = {"Graph": 0, "BadModel": 0, "UnsupportedModel": 0}
    with guard():
        for _ in range(count):
            outcomes[outcome_of(mutate(data, rng))] += 1
    return outcomes


def test_twenty_thousand_damaged_files_end_as_a_graph_or_in_a_named_error() -> None:
    outcomes = _fuzz(pack(small_model()), _MUTATIONS, _SEED)
    assert min(outcomes.values()) > 100  # the damage reaches every way out


def test_damaged_files_of_a_model_with_state_end_as_a_graph_or_in_a_named_error() -> None:
    outcomes = _fuzz(state_model(), _MUTATIONS // 8, _SEED)
    assert min(outcomes.values()) > 25


def test_a_file_cut_anywhere_is_bad_or_still_whole_enough() -> None:
    data = pack(small_model())
    with guard():
        outcomes = [outcome_of(data[:length]) for length in range(len(data) + 1)]
    assert set(outcomes[: len(data) // 2]) == {"BadModel"}
    assert outcomes[-1] == "Graph"


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_damaged_reference_models_end_as_a_graph_or_in_a_named_error(shared_models: dict[str, Path], name: str) -> None:
    outcomes = _fuzz(shared_models[name].read_bytes(), 60, _SEED)
    assert sum(outcomes.values()) == 60


def test_random_bytes_behind_a_good_identifier_are_bad() -> None:
    rng = random.Random(_SEED)
    with guard():
        for _ in range(1000):
            data = struct.pack("<I4s", rng.choice((8, 12, 16, 20, 24)), b"TFL3") + rng.randbytes(rng.randrange(200))
            assert outcome_of(data) in ("BadModel", "UnsupportedModel")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "state", "ad", "ic", "kws", "sww", "vww"])
def test_many_more_damaged_files_end_as_a_graph_or_in_a_named_error(request: pytest.FixtureRequest, name: str) -> None:
    if name == "small":
        _fuzz(pack(small_model()), 200_000, _SEED + 1)
    elif name == "state":
        _fuzz(state_model(), 100_000, _SEED + 1)
    else:
        models: dict[str, Path] = request.getfixturevalue("shared_models")
        _fuzz(models[name].read_bytes(), 5_000, _SEED + 1)


def _peak_bytes_above_the_start(data: bytes) -> int:
    tracemalloc.start()
    try:
        with suppress(BadModel, UnsupportedModel):
            read_model(data, name="greedy")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_damaged_files_take_next_to_no_memory() -> None:
    data, rng = pack(small_model()), random.Random(_SEED + 2)
    for _ in range(300):
        assert _peak_bytes_above_the_start(mutate(data, rng)) < 1 * _MEGABYTE


def _file_of(build: str, count: int) -> bytes:
    """Return a sound flatbuffer in which one small part is referred to ``count`` times, in one of several ways."""
    builder = flatbuffers.Builder(1024)
    text = builder.CreateString("\U0001f600" + "n" * 1020)
    numbers = builder.CreateNumpyVector(np.zeros(count if build == "long vectors" else 4, dtype=np.int32))
    reals = builder.CreateNumpyVector(np.ones(count if build == "scales" else 1, dtype=np.float32))
    longs = builder.CreateNumpyVector(np.full(count if build == "scales" else 1, 2**40, dtype=np.int64))
    shape = builder.CreateNumpyVector(np.ones(1, dtype=np.int32))
    schema.QuantizationParametersStart(builder)
    schema.QuantizationParametersAddScale(builder, reals)
    schema.QuantizationParametersAddZeroPoint(builder, longs)
    quantization = schema.QuantizationParametersEnd(builder)
    schema.TensorStart(builder)
    schema.TensorAddName(builder, text)
    schema.TensorAddShape(builder, shape)
    schema.TensorAddQuantization(builder, quantization)
    tensor = schema.TensorEnd(builder)
    schema.OperatorStart(builder)
    schema.OperatorAddInputs(builder, numbers)
    schema.OperatorAddOutputs(builder, numbers)
    operator = schema.OperatorEnd(builder)
    schema.OperatorCodeStart(builder)
    schema.OperatorCodeAddDeprecatedBuiltinCode(builder, schema.BuiltinOperator.ADD)
    code = schema.OperatorCodeEnd(builder)
    schema.BufferStart(builder)
    buffer = schema.BufferEnd(builder)
    tensors = _repeated(builder, tensor, count if build == "tensors" else 8)
    operators = _repeated(builder, operator, count if build in ("operators", "long vectors") else 1)
    ports = builder.CreateNumpyVector(np.arange(count if build == "tensors" else 1, dtype=np.int32))
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    schema.SubGraphAddOperators(builder, operators)
    schema.SubGraphAddInputs(builder, ports)
    schema.SubGraphAddOutputs(builder, ports)
    subgraph = schema.SubGraphEnd(builder)
    subgraphs, codes, buffers = (_repeated(builder, part, 1) for part in (subgraph, code, buffer))
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddOperatorCodes(builder, codes)
    schema.ModelAddSubgraphs(builder, subgraphs)
    schema.ModelAddBuffers(builder, buffers)
    builder.Finish(schema.ModelEnd(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _repeated(builder: flatbuffers.Builder, part: int, count: int) -> int:
    builder.StartVector(4, count, 4)
    for _ in range(count):
        builder.PrependUOffsetTRelative(part)
    return int(builder.EndVector())


@pytest.mark.parametrize("build", ["tensors", "operators", "scales", "long vectors"])
@pytest.mark.parametrize("count", [2_000, 60_000])
def test_files_that_refer_to_one_part_over_and_over_stay_under_a_hundred_megabytes(build: str, count: int) -> None:
    data = _file_of(build, count)
    assert _peak_bytes_above_the_start(data) < 100 * _MEGABYTE


def test_a_vector_that_claims_four_billion_items_takes_no_memory() -> None:
    data = bytearray(pack(small_model()))
    outputs = schema.Model.GetRootAs(bytes(data)).Subgraphs(0)
    claimed = 0
    for position in range(0, len(data) - 4, 4):
        if struct.unpack_from("<I", data, position)[0] == outputs.TensorsLength():
            changed = bytearray(data)
            struct.pack_into("<I", changed, position, 0xFFFF_FFFF)
            claimed += 1
            assert _peak_bytes_above_the_start(bytes(changed)) < 1 * _MEGABYTE
    assert claimed > 0


def test_a_short_file_that_claims_a_million_channels_is_simplified_in_a_hundred_megabytes() -> None:
    wide = TensorSpec(shape=(1, 520_000), dtype="float32")
    graph = read_model(
        build_model((wide, wide), [OperatorSpec(op="ABS", inputs=(0,), outputs=(1,))], inputs=(0,), outputs=(1,)),
        name="wide",
    )
    tracemalloc.start()
    try:
        simplify(graph)
        assert tracemalloc.get_traced_memory()[1] < 100 * _MEGABYTE
    finally:
        tracemalloc.stop()
