# SPDX-License-Identifier: Apache-2.0
"""What is told of a model's size without a build, and what a build then says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

import harness
from harness import proc
from harness.boards import Board, board_ids, load_board
from harness.cli import app
from harness.errors import BadModel, DoesNotFit, UnsupportedModel
from harness.firmware import build, render_project
from harness.footprint import Fit, fit, fit_all, table_bytes
from harness.runtimes.codegen import RUNTIME
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from tests.conftest import ROOT
from tests.firmware.conftest import need
from tests.ops.test_assign_variable import TestAssignVariable as Assign
from tests.ops.test_fully_connected import TestFullyConnected as Dense
from tests.ops.test_logistic import TestLogistic as Logistic
from tests.ops.test_quantize import TestQuantize as Quantize
from tests.ops.test_unidirectional_sequence_lstm import TestUnidirectionalSequenceLstm as Lstm

DIGITS = ROOT / "examples" / "digits.tflite"
MEASURED = tuple(board for board in board_ids() if load_board(board).base is not None)


def with_memory(board: Board, name: str, size_bytes: int) -> Board:
    memories = tuple(replace(m, size_bytes=size_bytes) if m.name == name else m for m in board.memories)
    return replace(board, memories=memories)


def memory(found: Fit, name: str) -> tuple[int, int]:
    """Bytes needed of a memory, bytes missing of it."""
    return next((use.needed.bytes, use.missing_bytes) for use in found.memories if use.name == name)


@pytest.mark.parametrize("board_id", board_ids())
def test_the_sample_model_fits_every_board(board_id: str) -> None:
    found = fit(DIGITS.read_bytes(), load_board(board_id))
    assert found.verdict == "fits"
    assert found.missing_bytes == 0
    assert found.weights_bytes + found.code.bytes < found.flash.bytes
    assert found.activations_bytes < found.ram.bytes


@pytest.mark.parametrize("board_id", board_ids())
def test_tensors_and_weights_are_those_of_the_generated_code(board_id: str) -> None:
    board = load_board(board_id)
    rendered = RUNTIME.render(DIGITS.read_bytes(), board, name="digits")
    found = fit(DIGITS.read_bytes(), board)
    assert found.weights_bytes == rendered.weights_bytes
    assert found.activations_bytes == sum(rendered.activations_bytes.values())


def test_all_boards_at_once_say_what_each_says_by_itself() -> None:
    boards = [load_board(board) for board in board_ids()]
    assert fit_all(DIGITS.read_bytes(), boards) == tuple(fit(DIGITS.read_bytes(), board) for board in boards)


def test_what_is_missing_is_told_by_memory() -> None:
    board = load_board("microbit")
    needed, _ = memory(fit(DIGITS.read_bytes(), board), "ram")
    assert fit(DIGITS.read_bytes(), with_memory(board, "ram", needed)).verdict != "does not fit"
    short = fit(DIGITS.read_bytes(), with_memory(board, "ram", needed - 1000))
    assert short.verdict == "does not fit"
    assert memory(short, "ram") == (needed, 1000)
    assert short.missing_bytes == 1000
    assert memory(short, "flash")[1] == 0


def test_what_lies_within_the_margin_of_an_estimate_is_too_close_to_say() -> None:
    board = load_board("microbit")
    flash = fit(DIGITS.read_bytes(), board).flash
    assert flash.error_bytes > 100
    for size in (flash.bytes - flash.error_bytes + 8, flash.bytes, flash.bytes + flash.error_bytes - 8):
        assert fit(DIGITS.read_bytes(), with_memory(board, "flash", size)).verdict == "too close to say"
    assert fit(DIGITS.read_bytes(), with_memory(board, "flash", flash.bytes - flash.error_bytes - 8)).verdict == (
        "does not fit"
    )
    assert fit(DIGITS.read_bytes(), with_memory(board, "flash", flash.bytes + flash.error_bytes + 8)).verdict == "fits"


def test_ram_is_estimated_too_where_the_compiler_decides_which_constants_lie_in_it() -> None:
    board = load_board("simavr_atmega2560")
    (needed,) = (use.needed for use in fit(DIGITS.read_bytes(), board).memories if use.name == "ram")
    assert needed.error_bytes > 128  # what such constants of this very model take; others have none
    short = with_memory(board, "ram", needed.bytes - 100)
    assert fit(DIGITS.read_bytes(), short).verdict == "too close to say"


@pytest.mark.parametrize("board_id", [board for board in MEASURED if load_board(board).core.kernels is not None])
def test_layers_at_the_ends_of_a_model_and_of_its_state_were_measured(board_id: str) -> None:
    board = load_board(board_id)
    (ends, state) = Quantize().models("uint8", 2)[1], Assign().models("int8", 2)[1]
    for model in (ends, state):
        assert fit(model, board).code.error_bytes < 64  # a quarter of a few instructions, not of the mean kernel


def test_a_static_block_that_is_too_small_for_the_activations_is_missing_bytes() -> None:
    board = load_board("esp32_arduino")
    blocks = tuple(replace(m, largest_block_bytes=100) if m.name == "ram" else m for m in board.memories)
    found = fit(DIGITS.read_bytes(), replace(board, memories=blocks))
    assert found.verdict == "does not fit"
    assert found.missing_bytes == found.activations_bytes - 100


def test_a_board_without_a_measured_base_is_a_guess_that_says_so() -> None:
    found = fit(DIGITS.read_bytes(), load_board("esp32_arduino"))
    assert found.base.date is None
    assert "guess" in found.base.source
    assert found.ram.error_bytes == found.ram.estimated_bytes - 512


def test_activations_fill_the_small_memory_before_the_large_one() -> None:
    board = with_memory(load_board("mps2_an505"), "sram", 256)
    found = fit(DIGITS.read_bytes(), board)
    assert 0 < memory(found, "sram")[0] <= 256
    assert found.verdict == "fits"


def test_a_damaged_model_is_refused() -> None:
    with pytest.raises(BadModel):
        fit(DIGITS.read_bytes()[:1000], load_board("microbit"))


def test_the_runners_tables_are_counted_where_they_lie() -> None:
    tables = {board: table_bytes(load_board(board), layers=2, ports=1) for board in ("microbit", "host")}
    assert tables == {"microbit": (32, 0), "host": (64, 64)}  # four bytes a pointer in flash; eight, relocated in RAM
    assert table_bytes(load_board("simavr_atmega2560"), layers=2, ports=1) == (22, 22)  # two, and no other place


@pytest.mark.parametrize(
    "board_id", ["mps2_an386", "microbit", "riscv32_virt", "simavr_atmega2560", "xtensa_lx106_sim"]
)
def test_a_build_of_the_sample_model_is_as_large_as_predicted(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    need(f"{board.core.toolchain}-gcc")
    assert board_id in MEASURED
    rendered = RUNTIME.render(DIGITS.read_bytes(), board, name="digits")
    figures = build(render_project(rendered, board, tmp_path / "p", optimize="speed"), board).figures
    found = fit(DIGITS.read_bytes(), board)
    assert found.flash.bytes == pytest.approx(figures.flash.total_bytes, rel=0.08)  # else: benchmarks/fit.py --write
    assert board.base is not None
    assert abs(found.ram.bytes - board.base.stack_bytes - figures.static_ram_bytes) <= 64


def hybrid_layer() -> bytes:
    """Return a dense layer of int8 weights whose input is quantized when it runs: in double precision."""
    return Dense().models("hybrid", 2)[1]


def test_library_functions_that_a_layer_brings_along_are_counted() -> None:
    board = load_board("mps2_an386")
    kernels = board.core.kernels
    assert kernels is not None
    bare = replace(board, core=replace(board.core, kernels=replace(kernels, calls=())))
    called = dict(kernels.calls)["fully_connected/hybrid/generic/asymmetric"]
    brought = sum(size for name, size in kernels.libraries if name in called)
    assert brought > 2000
    model = hybrid_layer()
    assert fit(model, board).code.bytes == fit(model, bare).code.bytes + brought


def test_a_multiplication_that_is_linked_with_the_division_is_counted_once() -> None:
    board = load_board("mps2_an385")
    kernels = board.core.kernels
    assert kernels is not None
    model = Logistic().models("float32", 1)[0]
    calls = dict(kernels.calls)["logistic/f32/generic"]
    assert "_arm_muldivsf3.o" in calls
    both = replace(kernels, calls=(("logistic/f32/generic", (*calls, "_arm_mulsf3.o")),))
    one = replace(kernels, calls=(("logistic/f32/generic", calls),))
    sizes = [fit(model, replace(board, core=replace(board.core, kernels=k))).flash.bytes for k in (both, one)]
    assert sizes[0] == sizes[1]


def test_a_kind_that_was_measured_alone_has_a_wider_margin() -> None:
    board = load_board("mps2_an385")
    assert board.core.kernels is not None
    assert board.core.code is not None
    kind = "logistic/f32/generic"
    model = Logistic().models("float32", 1)[0]
    known = (*board.core.code.layers, (kind, dict(board.core.kernels.layers)[kind]))
    whole = replace(board, core=replace(board.core, code=replace(board.core.code, layers=known)))
    assert fit(model, board).code.error_bytes > 1.5 * fit(model, whole).code.error_bytes


def test_for_a_variant_that_nobody_measured_the_largest_other_one_stands_with_a_wide_margin() -> None:
    board = load_board("mps2_an386")
    assert board.core.kernels is not None
    kind = "fully_connected/hybrid/generic/asymmetric"
    size = dict(board.core.kernels.layers)[kind]
    others = tuple((name, n) for name, n in board.core.kernels.layers if not name.startswith("fully_connected/hybrid/"))
    relative = ("fully_connected/hybrid/other", size + 1000)
    kernels = replace(board.core.kernels, layers=(*others, relative, ("fully_connected/hybrid/less", 1)), calls=())
    bare = replace(board.core.kernels, calls=())
    known, guessed = (
        fit(hybrid_layer(), replace(board, core=replace(board.core, kernels=one))).code for one in (bare, kernels)
    )
    assert guessed.bytes == known.bytes + 1000
    assert guessed.error_bytes > 2 * known.error_bytes


UNLIKE_THE_REFERENCE_MODELS = {  # of which no measured model holds one: hybrid either way, recurrent, 16x8
    "dense, hybrid": (Dense, "hybrid", 2),
    "dense, hybrid with a zero point": (Dense, "hybrid", 1),
    "dense, 16x8": (Dense, "int16", 1),
    "LSTM, hybrid": (Lstm, "hybrid", 1),
    "LSTM, hybrid with a zero point": (Lstm, "hybrid", 2),
    "LSTM": (Lstm, "int8", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("board_id", ["mps2_an386", "microbit", "riscv32_virt", "xtensa_lx106_sim"])
@pytest.mark.parametrize("layer", UNLIKE_THE_REFERENCE_MODELS)
def test_a_build_of_a_layer_of_another_kind_is_as_large_as_predicted_within_a_tenth(
    layer: str, board_id: str, tmp_path: Path
) -> None:
    board = load_board(board_id)
    need(f"{board.core.toolchain}-gcc")
    contract, dtype, number = UNLIKE_THE_REFERENCE_MODELS[layer]
    model = contract().models(dtype, number + 1)[number]
    rendered = RUNTIME.render(model, board, name="layer")
    built = build(render_project(rendered, board, tmp_path, optimize="speed"), board).figures.flash.total_bytes
    assert abs(fit(model, board).flash.bytes - built) <= 0.1 * built


def test_reference_models_that_16_kb_cannot_hold_are_told_without_a_build(shared_models: dict[str, Path]) -> None:
    board = load_board("microbit")
    verdicts = {name: fit(path.read_bytes(), board).verdict for name, path in shared_models.items()}
    assert verdicts["sww"] == "fits"
    assert {verdicts[name] for name in ("ic", "vww", "ad")} == {"does not fit"}


def test_nothing_heavy_is_imported() -> None:
    heavy = "tensorflow|ai_edge_litert|optuna|pandas|sqlalchemy|platformio|SCons|elftools|serial"
    code = f"import harness.footprint, sys; print([m for m in {heavy.split('|')!r} if m in sys.modules])"
    assert proc.run([sys.executable, "-c", code], timeout_seconds=60).output.strip() == "[]"


def test_the_command_lists_all_boards_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["fit", str(DIGITS)]) == 0
    told = capsys.readouterr().out
    assert all(board in told for board in board_ids())


def test_the_command_ends_with_1_where_a_named_board_does_not_hold_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = (ROOT / "boards" / "microbit.toml").read_text(encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(facts.replace("16_384", "4_096"), encoding="utf-8")
    tiny = str(tmp_path / "tiny.toml")
    assert app.run(["fit", str(DIGITS), "--board", tiny, "--board", "microbit", "--json"]) == DoesNotFit.exit_code
    refused, held = json.loads(capsys.readouterr().out)["results"]
    assert (refused["board"], refused["verdict"], held["verdict"]) == ("tiny", "does not fit", "fits")
    assert refused["missing_bytes"] > 0
    ram = next(use for use in refused["memories"] if use["name"] == "ram")
    assert ram["needed"]["bytes"] - ram["size_bytes"] == ram["missing_bytes"]


def test_a_model_that_cannot_be_read_is_the_users_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["fit", str(tmp_path / "none.tflite")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_board_without_a_kernel_for_a_layer_is_passed_over_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = TensorSpec(shape=(1, 4), dtype="int16", scales=(0.1,), zero_points=(0,))
    weights = TensorSpec(shape=(4, 4), scales=(0.1,), data=np.ones((4, 4), np.int8))
    operator = OperatorSpec(op="FULLY_CONNECTED", inputs=(0, 1), outputs=(2,), options="FullyConnectedOptions")
    path = tmp_path / "wide.tflite"
    path.write_bytes(build_model([wide, weights, wide], [operator], inputs=[0], outputs=[2]))
    found = [each.board for each in harness.fit(path)]
    assert "simavr_atmega2560" not in found
    assert "microbit" in found
    assert app.run(["fit", str(path)]) == 0
    assert "not on simavr_atmega2560: FULLY_CONNECTED" in capsys.readouterr().out
    assert app.run(["fit", str(path), "--board", "simavr_atmega2560"]) == UnsupportedModel.exit_code
    capsys.readouterr()
    both = ["--board", "simavr_atmega2560", "--board", "microbit", "--json"]
    assert app.run(["fit", str(path), *both]) == UnsupportedModel.exit_code
    held, refused = json.loads(capsys.readouterr().out)["results"]
    assert (held["board"], held["verdict"]) == ("microbit", "fits")
    assert (refused["board"], refused["failure"]["kind"]) == ("simavr_atmega2560", "UnsupportedModel")
    assert "FULLY_CONNECTED" in refused["failure"]["message"]


def test_the_command_says_which_boards_are_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["fit", str(DIGITS), "--board", "nucleo_l4r5zi", "--board", "microbit"]) == 0
    assert "measured that part on nucleo_l4r5zi: a guess" in capsys.readouterr().out
    assert app.run(["fit", str(DIGITS), "--board", "microbit"]) == 0
    assert "guess" not in capsys.readouterr().out


def test_no_figure_is_cut_off_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    app.run(["fit", str(DIGITS)])
    told = capsys.readouterr().out
    assert "…" not in told
    assert all(f"{use.needed.bytes:,}" in told for found in harness.fit(DIGITS) for use in found.memories)
