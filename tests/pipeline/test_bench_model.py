# SPDX-License-Identifier: Apache-2.0
"""The whole flow on emulated boards: measurements, the cache, one's own data, failures."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import FlashError
from harness.pipeline import BenchRequest, bench, bench_model, find_target
from harness.records import WAIT, BenchOutcome, How, Measurement
from harness.reference import Golden
from harness.store import Store, open_store
from tests.conftest import ROOT
from tests.measure.chain import chain_model

MODEL = chain_model()
GOLDEN_FNV = {"kws": "4e535c25", "ic": "c33c05f7", "ad": "064e6f2e", "vww": "ab66ecb1", "sww": "bb19f336"}
EMULATED = ("mps2_an386", "mps2_an385", "riscv32_virt", "host")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "results")


def request(**changes: object) -> BenchRequest:
    return replace(BenchRequest(model=MODEL, name="chain.tflite", board="mps2_an386"), **changes)  # type: ignore[arg-type]


def measured(request: BenchRequest, store: Store) -> Measurement:
    outcome = bench_model(request, lambda: store).outcome
    assert outcome.failure is None, outcome.failure
    assert outcome.measurement is not None
    return outcome.measurement


def fnv1a(data: bytes) -> str:
    value = 2166136261
    for byte in data:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return f"{value:08x}"


@pytest.mark.parametrize("board", EMULATED)
@pytest.mark.parametrize("name", sorted(GOLDEN_FNV))
def test_the_reference_models_are_verified_on_every_emulated_board(
    name: str, board: str, shared_models: dict[str, Path], store: Store
) -> None:
    benched = bench_model(request(model=shared_models[name], name=f"{name}.tflite", board=board), lambda: store)
    found = benched.outcome.measurement
    assert found is not None, benched.outcome.failure
    assert found.verification.verified
    assert found.verification.inputs >= 8
    assert found.verification.layers == len(found.layers)
    assert benched.outputs is not None
    assert fnv1a(b"".join(output.tobytes() for output in benched.outputs)) == GOLDEN_FNV[name]
    if board == "host":
        assert found.instructions is None
    else:
        assert found.instructions is not None
        assert found.instructions.how is How.COUNTED
        per_layer = [layer.instructions for layer in found.layers]
        assert all(count is not None for count in per_layer)
        assert sum(count or 0 for count in per_layer) <= found.instructions.value


def test_figures_are_consistent_with_each_other(store: Store) -> None:
    found = measured(request(), store)
    assert 0 < found.ram.stack_bytes < 2048
    assert found.ram.model_bytes + found.ram.stack_bytes < found.ram.total_bytes
    assert found.flash.weights_bytes + found.flash.code_bytes < found.flash.total_bytes
    assert found.latency is None
    assert found.energy is None
    environment = dict(found.environment)
    assert "qemu" in environment["rig"]
    assert "gcc" in environment["toolchain"].lower()
    assert "-ffp-contract=off" in environment["flags"]


def test_what_was_counted_is_not_counted_again(store: Store) -> None:
    first = bench_model(request(), lambda: store).outcome
    second = bench_model(request(), lambda: store).outcome
    assert second.cached
    assert not first.cached
    assert second.measurement == first.measurement
    again = bench_model(request(use_cache=False), lambda: store).outcome
    assert not again.cached
    assert again.measurement is not None
    assert first.measurement is not None
    assert again.measurement.id != first.measurement.id
    assert again.measurement.instructions == first.measurement.instructions
    assert again.measurement.build_key == first.measurement.build_key


def test_own_data_go_through_the_device_as_they_are(store: Store) -> None:
    own = np.random.default_rng(5).integers(-128, 128, size=(1, 8, 8, 3), dtype=np.int8)
    benched = bench_model(request(inputs=(own,)), lambda: store)
    wanted = Golden(MODEL).outputs((own,))
    assert benched.outputs is not None
    assert np.array_equal(benched.outputs[0], wanted[0])
    assert benched.outcome.measurement is not None
    assert benched.outcome.measurement.output_sha256 == hashlib.sha256(wanted[0].tobytes()).hexdigest()


@pytest.mark.parametrize(
    "own",
    [
        (np.zeros((8, 8, 3), np.int8),),
        (np.zeros((1, 8, 8, 3), np.float32),),
        (np.zeros((1, 8, 8, 3), np.int8), np.zeros((1,), np.int8)),
    ],
    ids=["no batch", "another type", "too many"],
)
def test_own_data_that_are_not_just_the_models_are_refused(own: tuple[np.ndarray, ...], store: Store) -> None:
    outcome = bench_model(request(inputs=own), lambda: store).outcome
    assert outcome.failure is not None
    assert outcome.failure.kind == "UserError"
    assert outcome.exit_code == 2


def test_a_port_that_is_named_is_taken_as_the_boards_and_only_a_real_board_has_one(store: Store) -> None:
    assert find_target("nucleo_l4r5zi", estimate=False, port="/dev/ttyACM7").rig == "nucleo_l4r5zi at /dev/ttyACM7"
    for board, estimate in (("mps2_an386", False), ("nucleo_l4r5zi", True)):
        outcome = bench_model(request(board=board, estimate=estimate, port="/dev/ttyACM7"), lambda: store).outcome
        assert outcome.failure is not None
        assert "--port" in outcome.failure.message
        assert outcome.exit_code == 2


def test_a_priced_board_gets_modelled_figures_with_their_interval_only_when_asked(store: Store) -> None:
    absent = bench_model(request(board="nucleo_l4r5zi"), lambda: store).outcome
    assert absent.failure is not None
    assert absent.failure.kind == "NoBoard"
    assert absent.exit_code == 7
    assert "--estimate" in absent.failure.message
    found = measured(request(board="nucleo_l4r5zi", estimate=True), store)
    assert found.verification.verified
    assert found.latency is not None
    assert found.energy is not None
    assert found.latency.how is found.energy.how is How.MODELLED
    assert found.latency.low is not None
    assert found.latency.high is not None
    assert found.latency.low < found.latency.value < found.latency.high


def test_a_board_without_an_emulator_says_that_it_cannot_be_estimated(store: Store) -> None:
    absent = bench_model(request(board="esp32_arduino"), lambda: store).outcome
    assert absent.failure is not None
    assert absent.exit_code == 7
    assert "cannot be estimated" in absent.failure.message
    asked = bench_model(request(board="esp32_arduino", estimate=True), lambda: store).outcome
    assert asked.failure is not None
    assert asked.failure.kind == "BadBoard"
    assert "[[emulators]]" in asked.failure.message


def test_failures_are_stored_with_their_stage_and_kind(store: Store, tmp_path: Path) -> None:
    missing = bench_model(request(model=tmp_path / "none.tflite"), lambda: store).outcome
    assert missing.failure is not None
    assert (missing.failure.kind, missing.failure.stage) == ("UserError", "reading the model")
    damaged = bench_model(request(model=MODEL[: len(MODEL) // 2]), lambda: store).outcome
    assert damaged.failure is not None
    assert (damaged.failure.kind, damaged.failure.stage, damaged.exit_code) == ("BadModel", "rendering", 2)
    assert store.find(damaged.failure.id[:12]) == damaged.failure


def test_what_is_waited_for_a_port_is_in_no_stage_but_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [50.0], []

    def watch(what: str) -> None:
        told.append(what)
        now[0] += 600.0 if what.startswith("waiting for") else 2.0

    monkeypatch.setattr(bench, "monotonic", lambda: now[0])
    stages = bench._Stages(watch)
    with stages("building"):
        now[0] += 7.0
    with stages("measuring"):
        stages.within("waiting for /dev/ttyACM0, which another job uses")
        stages.within("flashing")
        stages.within("measuring")
    assert stages.seconds == (("building", 7.0), ("measuring", 4.0), (WAIT, 600.0))
    assert told[2] == "waiting for /dev/ttyACM0, which another job uses"
    with suppress(FlashError), stages("measuring"):
        stages.within("waiting for /dev/ttyACM0, which another job uses")
        stages.within("flashing")
        raise FlashError("no")
    outcome = BenchOutcome(model="m", board="b", runtime="codegen", seconds=stages.seconds)
    assert (outcome.waited_seconds, stages.current) == (1200.0, "measuring")


def test_a_kept_project_lies_where_the_user_wants_it(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "a project"
    measured(request(keep_project=folder), store)
    assert (folder / "platformio.ini").is_file()
    assert (folder / "src").is_dir()


def test_a_board_of_ones_own_is_one_file_and_a_model_that_does_not_fit_it_is_told_by_how_much(
    store: Store, tmp_path: Path
) -> None:
    own = (ROOT / "boards" / "mps2_an386.toml").read_text(encoding="utf-8")
    ram = 'name = "ram"\nkind = "ram"\naddress = 0x2000_0000\nsize_bytes = 4_194_304'
    assert ram in own
    (tmp_path / "roomy.toml").write_text(own.replace(ram, ram.replace("4_194_304", "65_536")), encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(own.replace(ram, ram.replace("4_194_304", "256")), encoding="utf-8")
    found = measured(request(board=str(tmp_path / "roomy.toml")), store)
    assert found.verification.verified
    outcome = bench_model(request(board=str(tmp_path / "tiny.toml")), lambda: store).outcome
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.stage, outcome.exit_code) == ("DoesNotFit", "rendering", 1)
    assert outcome.failure.violation > 0
    assert "ram" in outcome.failure.message
