# SPDX-License-Identifier: Apache-2.0
"""The boards of further cores, measured: every model that their memory holds, and what happens with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import registry
from harness.boards import load_board
from harness.emulation import Counts, EmulatorDriver, _counter
from harness.errors import DoesNotFit
from harness.firmware import build, render_project
from harness.measure import open_emulated
from harness.pipeline import BenchRequest, bench_model
from harness.records import Failure, How, Measurement
from harness.runtimes import RenderedModel, Runtime
from harness.store import Store, open_store
from harness.testing.board import missing_tools
from tests.conftest import ROOT
from tests.emulation.images import without_classes
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model

DIGITS = ROOT / "examples" / "digits.tflite"
BOARDS = ("mps2_an500", "mps2_an505", "mps3_an547", "microbit", "xtensa_lx106_sim")
TOO_LARGE_FOR_MICROBIT = ("ic", "ad", "vww")
QEMU: EmulatorDriver = registry.load("harness.emulation", "qemu").DRIVER
CODEGEN: Runtime = registry.load("harness.runtimes", "codegen").RUNTIME


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    need("arm-none-eabi-gcc")
    need("qemu-system-arm")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "results")


def bench(model: Path, board: str, store: Store) -> Measurement | Failure:
    if reason := missing_tools(board):
        pytest.skip(reason)
    outcome = bench_model(BenchRequest(model=model, name=model.name, board=board), lambda: store).outcome
    found = outcome.measurement or outcome.failure
    assert found is not None
    return found


def is_verified(found: Measurement | Failure) -> bool:
    """A measurement there is means also that the timer agreed with the counter."""
    assert isinstance(found, Measurement), found
    assert found.instructions is not None
    return found.verification.verified and found.verification.layers == len(found.layers)


@pytest.mark.parametrize("board", BOARDS)
def test_the_sample_model_is_verified_on_every_core(board: str, store: Store) -> None:
    assert is_verified(bench(DIGITS, board, store))


@pytest.mark.parametrize("board", BOARDS)
def test_a_reference_model_is_verified_on_every_core(board: str, shared_models: dict[str, Path], store: Store) -> None:
    assert is_verified(bench(shared_models["sww"], board, store))


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", ["kws", "ic", "ad", "vww"])
def test_every_reference_model_is_verified_where_the_memory_holds_it(
    name: str, board: str, shared_models: dict[str, Path], store: Store
) -> None:
    found = bench(shared_models[name], board, store)
    if board == "microbit" and name in TOO_LARGE_FOR_MICROBIT:
        assert isinstance(found, Failure)
        assert found.kind == "DoesNotFit"
    else:
        assert is_verified(found)


def test_a_model_with_a_convolution_is_verified_on_an_avr_and_larger_ones_do_not_fit(
    shared_models: dict[str, Path], store: Store
) -> None:
    digits = bench(DIGITS, "simavr_atmega2560", store)
    assert is_verified(digits)
    assert isinstance(digits, Measurement)
    assert (digits.cycles, digits.latency) == (None, None)  # nothing is modelled here
    assert digits.counted_cycles is not None
    assert digits.counted_cycles.how is How.COUNTED
    by_layer = [layer.counted_cycles or 0 for layer in digits.layers]
    assert 0 <= digits.counted_cycles.value - sum(by_layer) < 200
    assert all(
        layer.instructions and cycles > layer.instructions
        for layer, cycles in zip(digits.layers, by_layer, strict=True)
    )
    for name, memory in (("ic", "weights"), ("ad", "weights"), ("vww", "ram"), ("kws", "ram")):
        found = bench(shared_models[name], "simavr_atmega2560", store)
        assert isinstance(found, Failure)
        assert (found.kind, found.violation > 0) == ("DoesNotFit", True)
        assert memory in found.message


@pytest.mark.slow
def test_the_smallest_reference_model_is_verified_on_an_avr(shared_models: dict[str, Path], store: Store) -> None:
    assert is_verified(bench(shared_models["sww"], "simavr_atmega2560", store))


def test_a_model_that_16_kb_cannot_hold_is_told_by_how_much(shared_models: dict[str, Path], store: Store) -> None:
    found = bench(shared_models["ic"], "microbit", store)
    assert isinstance(found, Failure)
    assert found.kind == "DoesNotFit"
    assert found.violation > 16_384
    assert "ram" in found.message


def test_what_the_small_memory_has_no_room_for_goes_to_the_large_one(
    shared_models: dict[str, Path], store: Store, tmp_path: Path
) -> None:
    facts = (ROOT / "boards" / "mps2_an505.toml").read_text(encoding="utf-8")
    assert "32_768" in facts
    own = tmp_path / "small_sram.toml"
    own.write_text(facts.replace("32_768", "2_048"), encoding="utf-8")
    rendered = CODEGEN.render(shared_models["sww"].read_bytes(), load_board(str(own)), name="sww")
    assert {buffer.region for buffer in rendered.plan} == {"sram", "ssram"}
    assert is_verified(bench(shared_models["sww"], str(own), store))


def test_the_largest_reference_model_is_planned_over_both_memories(shared_models: dict[str, Path]) -> None:
    rendered = CODEGEN.render(shared_models["vww"].read_bytes(), load_board("mps2_an505"), name="vww")
    assert 0 < rendered.activations_bytes["sram"] <= 32_768
    assert rendered.activations_bytes["ssram"] > 0
    with pytest.raises(DoesNotFit, match="ram"):
        CODEGEN.render(shared_models["vww"].read_bytes(), load_board("microbit"), name="vww")


def count_once(board_id: str, image: Path, rendered: RenderedModel) -> Counts:
    with open_emulated(load_board(board_id), QEMU, image, rendered) as rig:
        rig.device.hello()
        rig.device.run(1, 0)
        counts = rig.last_count()
        assert counts is not None
        return counts


@pytest.mark.parametrize("board_id", BOARDS)
def test_counting_by_encodings_equals_counting_one_by_one_on_every_core(
    board_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board(board_id)
    rendered = CODEGEN.render(DIGITS.read_bytes(), board, name="digits")
    image = build(render_project(rendered, board, tmp_path / "p", optimize="speed"), board).elf
    by_encoding = count_once(board_id, image, rendered)
    monkeypatch.setattr(_counter, "_ISA", {})  # no encoding is known, so each instruction is looked at by itself
    assert count_once(board_id, image, rendered) == without_classes(by_encoding)


VECTORS = """
#include <arm_mve.h>

#include "tiny.h"

static const int8_t numbers[NUMBERS] __attribute__((aligned(16))) = {1, 2, 3};
volatile int32_t tiny_sum;

void tiny_layer(void)
{
  int32_t sum = 0;
  for (int i = 0; i < NUMBERS; i += 16) {
    sum = vaddvaq_s8(sum, vldrbq_s8(numbers + i));
  }
  tiny_sum = sum;
}
"""


def test_vector_loads_of_the_m55_are_counted_by_their_bytes(tmp_path: Path) -> None:
    board = load_board("mps3_an547")
    reads = {}
    for size in (64, 1024):
        model = tiny_model()
        source = model.files["tiny.c"]
        begin = source.index("__attribute__((noinline)) void tiny_layer")
        end = source.index("void tiny_invoke")
        scalar = source[:begin] + source[end:]
        files = {**model.files, "tiny.c": scalar.replace("static const int8_t weights[1000] = {1, 2, 3};", "")}
        files["vectors.c"] = f"#define NUMBERS {size}\n{VECTORS}"
        changed = RenderedModel(
            prefix=model.prefix,
            files=files,
            inputs=model.inputs,
            outputs=model.outputs,
            layers=(),
            plan=(),
            activations_bytes=model.activations_bytes,
            weights_bytes=size,
        )
        image = build(render_project(changed, board, tmp_path / str(size), optimize="speed"), board).elf
        reads[size] = dict(count_once(board.id, image, changed).reads)["flash"]
    assert reads[1024] - reads[64] == 1024 - 64
