# SPDX-License-Identifier: Apache-2.0
"""The runtime tflm: what it renders, where its library comes from, and its whole path with a stand-in of our own."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.boards import load_board
from harness.cli.app import run
from harness.errors import BadModel, DoesNotFit, UnsupportedModel, UserError
from harness.firmware import open_project
from harness.firmware.files import project_files
from harness.graph import DType
from harness.pipeline import BenchRequest, bench_model
from harness.records import BenchOutcome
from harness.runtimes import Library, RenderedModel
from harness.runtimes._tflm_operators import registration
from harness.runtimes.codegen import RUNTIME as CODEGEN
from harness.runtimes.tflm import RUNTIME
from harness.store import Store, open_store
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from tests.conftest import ROOT
from tests.runtimes.models import quantized, small_network

STUB = Path(__file__).parent / "tflm_stub"
HOST, M4, ESP32 = (load_board(name) for name in ("host", "mps2_an386", "esp32_arduino"))


def one_operator(op: str, options: str = "", **fields: object) -> bytes:
    """A model of one operator from 2x12 to 24 int8 values, which the stand-in answers by a copy."""
    shape = (1, 24) if op == "RESHAPE" else (1, 2, 12)
    spec = OperatorSpec(op=op, inputs=(0,), outputs=(1,), options=options, fields=fields)  # type: ignore[arg-type]
    return build_model([quantized((1, 2, 12)), quantized(shape)], [spec], inputs=[0], outputs=[1])


RESHAPE = one_operator("RESHAPE", "ReshapeOptions", newShape=(1, 24))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "results")


def bench(model: bytes, store: Store, **changes: object) -> BenchOutcome:
    asked = BenchRequest(model=model, name="net.tflite", board="host", runtime="tflm", library=STUB)
    return bench_model(replace(asked, **changes), lambda: store).outcome  # type: ignore[arg-type]


def final(rendered: RenderedModel, arena_bytes: int = 4096) -> RenderedModel:
    assert rendered.probe is not None
    return rendered.probe.finish(arena_bytes)


@pytest.mark.parametrize(
    ("operator", "method"),
    [
        ("CONV_2D", "AddConv2D"),
        ("DEPTHWISE_CONV_2D", "AddDepthwiseConv2D"),
        ("L2_NORMALIZATION", "AddL2Normalization"),
        ("BATCH_TO_SPACE_ND", "AddBatchToSpaceNd"),
        ("BATCH_MATMUL", "AddBatchMatMul"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
        ("SELECT_V2", "AddSelectV2"),
        ("RELU6", "AddRelu6"),
        ("GELU", None),
    ],
)
def test_an_operator_is_registered_by_the_method_of_its_name(operator: str, method: str | None) -> None:
    assert registration(operator) == method


def test_the_resolver_has_just_the_operators_of_the_model() -> None:
    rendered = final(RUNTIME.render(small_network(), M4, name="net.tflite", library=STUB))
    text = rendered.files["net.cc"]
    assert "MicroMutableOpResolver<5>" in text
    registered = {line.strip() for line in text.splitlines() if "resolver->Add" in line}
    assert registered == {
        f"resolver->Add{name}();" for name in ("Add", "AveragePool2D", "Conv2D", "FullyConnected", "Reshape")
    }
    assert "kArenaBytes = 4096;" in text
    assert rendered.invoke_symbol == "net_invoke"
    assert rendered.layers == ()
    assert rendered.kernels == "tflm"


def test_the_same_model_gives_the_same_bytes_and_no_trace_of_its_path() -> None:
    first, second = (
        final(RUNTIME.render(RESHAPE, M4, name=f"/{folder}/net.tflite", library=STUB)).files for folder in "ab"
    )
    assert first == second


def test_the_probe_gets_what_the_board_can_spare() -> None:
    large, small = (
        RUNTIME.render(RESHAPE, load_board(name), name="net", library=STUB) for name in ("host", "microbit")
    )
    assert large.probe is not None
    assert small.probe is not None
    assert large.probe.sources.activations_bytes["arena"] >= 65_536
    assert 0 < small.probe.sources.activations_bytes["arena"] < 16_384


def test_an_arena_that_nothing_suffices_for_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="arena does not fit"):
        final(RUNTIME.render(RESHAPE, M4, name="net", library=STUB), 0)


def test_operators_that_the_interpreter_lacks_are_named() -> None:
    gelu = one_operator("GELU", "GeluOptions")
    with pytest.raises(UnsupportedModel, match="has no operator GELU"):
        RUNTIME.render(gelu, M4, name="net", library=STUB)


def test_a_plan_is_not_for_this_runtime() -> None:
    with pytest.raises(UserError, match="for generated code"):
        RUNTIME.render(RESHAPE, M4, name="net", plan=(("reshape_0", "generic"),), library=STUB)


def test_a_registered_library_is_pinned_by_framework_and_bare_boards_are_told_how_to_get_one() -> None:
    rendered = final(RUNTIME.render(RESHAPE, ESP32, name="net"))
    (library,) = rendered.libraries
    assert "@" in library.requirement
    ini = project_files(rendered, ESP32, optimize="speed")["platformio.ini"].decode()
    assert f"lib_deps = {library.requirement}\n" in ini
    with pytest.raises(UserError, match="no TensorFlow Lite Micro for mps2_an386") as caught:
        RUNTIME.render(RESHAPE, M4, name="net")
    assert "--tflm-lib DIR" in caught.value.hint


def test_a_folder_that_is_no_such_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no folder"):
        RUNTIME.render(RESHAPE, M4, name="net", library=tmp_path / "absent")
    with pytest.raises(UserError, match="is no PlatformIO library"):
        RUNTIME.render(RESHAPE, M4, name="net", library=tmp_path)
    (tmp_path / "library.json").write_text("{}")
    with pytest.raises(UserError, match="has no tensorflow/lite/micro/micro_interpreter"):
        RUNTIME.render(RESHAPE, M4, name="net", library=tmp_path)


def test_a_library_goes_with_the_project_and_into_its_key() -> None:
    rendered = final(RUNTIME.render(RESHAPE, M4, name="net", library=STUB))
    files = project_files(rendered, M4, optimize="speed")
    inside = "lib/tflm/src/tensorflow/lite/micro/micro_interpreter.cc"
    assert files[inside] == (STUB / "src/tensorflow/lite/micro/micro_interpreter.cc").read_bytes()
    assert "lib_deps = tflm\n" in files["platformio.ini"].decode()
    assert not any(str(STUB.parent).encode() in content for content in files.values())


def test_the_application_sees_the_macros_of_the_library(tmp_path: Path) -> None:
    shutil.copytree(STUB, tmp_path / "stub")
    manifest = tmp_path / "stub" / "library.json"
    plain = json.loads(manifest.read_text())
    plain["build"]["flags"] = ["-DTF_LITE_STATIC_MEMORY -O2", "-D DEPTH=3"]
    manifest.write_text(json.dumps(plain))
    rendered = final(RUNTIME.render(RESHAPE, M4, name="net", library=tmp_path / "stub"))
    assert "#define TF_LITE_STATIC_MEMORY 1\n" in rendered.files["net_library.h"]
    assert "#define DEPTH 3\n" in rendered.files["net_library.h"]
    for flags in (["-DX=(1)"], ["-D1X"], [3], {"a": 1}):
        plain["build"]["flags"] = flags
        manifest.write_text(json.dumps(plain))
        with pytest.raises(UserError):
            RUNTIME.render(RESHAPE, M4, name="net", library=tmp_path / "stub")


@pytest.mark.parametrize("path", ["../outside.c", "a b.c", "/etc/passwd", "x\n.c", "a/../b.c"])
def test_files_of_a_library_stay_inside_the_project(path: str) -> None:
    rendered = final(RUNTIME.render(RESHAPE, M4, name="net", library=STUB))
    hostile = replace(rendered, libraries=(Library(name="tflm", files={path: b""}),))
    with pytest.raises(BadModel, match="not a name that a project can hold"):
        project_files(hostile, M4, optimize="speed")


def test_with_a_library_everything_happens_on_the_device(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = bench(RESHAPE, store)
    assert outcome.failure is None, outcome.failure
    assert outcome.measurement is not None
    assert outcome.deployment is not None
    assert outcome.deployment.runtime == "tflm"
    verification = outcome.measurement.verification
    assert verification.verified
    assert verification.reference.package == "tflite-micro"
    assert verification.distance is not None
    assert verification.distance.different == 0
    assert verification.distance.values == 40 * 24
    assert 1000 <= outcome.measurement.ram.model_bytes < 1000 + 16 + 256  # the arena that bisection found, and objects
    assert outcome.measurement.flash.weights_bytes >= len(RESHAPE)
    again = bench(RESHAPE, store)
    assert again.cached
    differs = bench(one_operator("ABS", "AbsOptions"), store)
    assert differs.failure is not None
    assert differs.failure.kind == "WrongAnswer"
    assert "differs from tflite-micro" in differs.failure.message


def test_a_task_says_what_the_distance_of_its_kernels_means(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(ROOT / "examples" / "digits.tflite")
    arguments = ["bench", model, "--board", "host", "--runtime", "tflm", "--results", str(tmp_path)]
    assert run([*arguments, "--data", "digits", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    effect = found["verification"]["distance"]["effect"]
    assert (effect["task"], effect["metric"], effect["samples"]) == ("digits", "accuracy", 200)
    assert effect["reference"] > 0.9
    assert abs(effect["kernels"] - effect["reference"]) < 0.05
    assert run([*arguments, "--data", "digits"]) == 0
    assert "accuracy of digits over 200 test samples: " in capsys.readouterr().out
    assert run(["bench", model, "--board", "host", "--data", "digits"]) == 2
    assert "--data is for the runtime tflm" in capsys.readouterr().err


def test_without_a_library_the_interpreter_runs_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.tflite").write_bytes(small_network())
    arguments = ["bench", "net.tflite", "--board", "host", "--runtime", "tflm", "--results", "results"]
    assert run([*arguments, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert found["verified"]
    assert found["verification"]["reference"]["package"] == "tflite-micro"
    assert found["verification"]["distance"]["values"] == 40 * 4
    assert found["instructions"] is None
    assert found["ram"]["model_bytes"] > 0
    assert run(arguments) == 0
    assert "TFLite reference kernels" in capsys.readouterr().out


def test_the_library_option_is_for_this_runtime(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "x.tflite", "--tflm-lib", str(STUB)]) == 2
    assert "--tflm-lib is for the runtime tflm" in capsys.readouterr().err
    assert run(["bench", "x.tflite", "--runtime", "tflm", "--plan", "x.toml"]) == 2
    assert "--plan is for the runtime codegen" in capsys.readouterr().err


def test_a_probe_is_asked_once(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.pipeline import find_target
    from harness.pipeline.probe import settle

    copy = tmp_path / "stub"
    shutil.copytree(STUB, copy)
    target = find_target("host", estimate=False)
    rendered = RUNTIME.render(RESHAPE, HOST, name="net", library=copy)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def never(*_arguments: object) -> object:
        raise AssertionError("nothing is to be opened")

    from harness.firmware import render_project

    assert rendered.probe is not None
    key = render_project(rendered.probe.sources, HOST, tmp_path / "project", optimize="speed").build_key
    (tmp_path / "cache" / "probes").mkdir(parents=True)
    (tmp_path / "cache" / "probes" / f"{key}.json").write_text("1008")
    settled = settle(rendered, target, never, optimize="speed")  # type: ignore[arg-type]
    assert settled.activations_bytes["arena"] == 1008


def test_float_models_are_interpreted_too(store: Store) -> None:
    tensors = [TensorSpec(shape=(1, 3), dtype=DType.FLOAT32.value) for _ in range(2)]
    model = build_model(tensors, [OperatorSpec(op="ABS", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1])
    outcome = bench(model, store, library=None)
    assert outcome.failure is None, outcome.failure
    assert outcome.measurement is not None
    assert outcome.measurement.verification.verified


def test_projects_with_a_library_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    plain = CODEGEN.render(RESHAPE, HOST, name="net")
    with_library = final(RUNTIME.render(RESHAPE, HOST, name="net", library=STUB))
    with (
        open_project(plain, HOST, optimize="speed") as first,
        open_project(with_library, HOST, optimize="speed") as second,
        open_project(with_library, HOST, optimize="speed") as third,
    ):
        assert first.folder.parent != second.folder.parent == third.folder.parent
        assert second.folder != third.folder
