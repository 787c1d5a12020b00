# SPDX-License-Identifier: Apache-2.0
"""A deployed model in an application: two of them in one program, a self-test that can fail, what the library says."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness import registry
from harness.boards import load_board
from harness.cli import app
from harness.deadline import Deadline
from harness.deploy import Deployed, deploy, find_model
from harness.errors import UserError
from harness.pio import run_pio
from harness.pipeline import BenchRequest
from harness.records import Artifact
from harness.store import Store, open_store
from harness.testing.models import OperatorSpec, TensorSpec, build_model
from harness.transports import open_port
from tests.firmware.conftest import need
from tests.measure.chain import chain_model

BOARD = "mps2_an386"
MAIN = """\
#include <chain_selftest.h>
#include <floats_selftest.h>

#include "harness_hal.h"

int main(void)
{
  uint8_t asked;

  hal_init();
  while (hal_read(&asked, 1) == 0) {
    hal_wait();
  }
  hal_write((const uint8_t *)(chain_selftest() == 0u ? "chain passed\\n" : "chain FAILED\\n"), 13);
  hal_write((const uint8_t *)(floats_selftest() == 0u ? "floats passed\\n" : "floats FAILED\\n"), 14);
  for (;;) {
    hal_wait();
  }
}
"""


def float_model() -> bytes:
    random = np.random.default_rng(7)
    tensors = [
        TensorSpec(shape=(1, 6), dtype="float32"),
        TensorSpec(shape=(3, 6), dtype="float32", data=random.normal(size=(3, 6)).astype(np.float32)),
        TensorSpec(shape=(3,), dtype="float32", data=random.normal(size=3).astype(np.float32)),
        TensorSpec(shape=(1, 3), dtype="float32"),
    ]
    dense = OperatorSpec(op="FULLY_CONNECTED", inputs=(0, 1, 2), outputs=(3,), options="FullyConnectedOptions")
    return build_model(tensors, [dense], inputs=(0,), outputs=(3,))


def make(store: Store, model: bytes, name: str, folder: Path) -> Deployed:
    return deploy(BenchRequest(model=model, name=f"{name}.tflite", board=BOARD), folder, store)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("qemu-system-arm")
    folder = tmp_path_factory.mktemp("deployed")
    with open_store(folder / "results") as store:
        make(store, chain_model(), "chain", folder / "chain")
        make(store, float_model(), "floats", folder / "floats")
    return folder


def said_by(project: Path) -> str:
    """Build a project, run it in the emulator, ask, and return its first two lines."""
    finished = run_pio(project, [], timeout_seconds=120)
    assert finished.exit_code == 0, finished.output
    driver = registry.load("harness.emulation", "qemu").DRIVER
    image = project / ".pio" / "build" / BOARD / "firmware.elf"
    said, deadline = b"", Deadline.after(60)
    with driver.start(load_board(BOARD), image, count=None) as session, open_port(session.port) as stream:
        stream.write(b"?", deadline)
        while said.count(b"\n") < 2 and not deadline.passed:
            said += stream.read(4096, deadline)
    return said.decode()


def application(libraries: Path, folder: Path) -> Path:
    """Return a project of its own that uses both libraries."""
    shutil.copytree(libraries / "chain" / "example", folder, ignore=shutil.ignore_patterns(".pio"))
    (folder / "src" / "main.c").write_text(MAIN)
    settings = folder / "platformio.ini"
    both = ", ".join(f"symlink://{libraries / name}" for name in ("chain", "floats"))
    settings.write_text(settings.read_text().replace("symlink://..", both))
    return folder


def test_two_deployed_models_run_verified_in_one_program(libraries: Path, tmp_path: Path) -> None:
    assert said_by(application(libraries, tmp_path / "app")) == "chain passed\nfloats passed\n"


def test_a_self_test_finds_a_model_that_is_not_what_it_was(libraries: Path, tmp_path: Path) -> None:
    project = application(libraries, tmp_path / "app")
    broken = tmp_path / "chain"
    shutil.copytree(libraries / "chain", broken, ignore=shutil.ignore_patterns("example"))
    selftest = broken / "src" / "chain_selftest.c"
    first = re.compile(r"(golden_2_0\[5\] = \{[^\n]*\n\s*)(-?\d+)")
    text, changed = first.subn(lambda found: f"{found[1]}{int(found[2]) ^ 1}", selftest.read_text())
    assert changed == 1
    selftest.write_text(text)
    settings = project / "platformio.ini"
    settings.write_text(settings.read_text().replace(f"symlink://{libraries / 'chain'}", f"symlink://{broken}"))
    assert said_by(project) == "chain FAILED\nfloats passed\n"


def test_the_library_says_what_it_is_and_what_was_measured(libraries: Path) -> None:
    manifest = json.loads((libraries / "chain" / "library.json").read_text())
    assert manifest["name"] == "chain"
    assert manifest["headers"] == ["chain.h", "chain_selftest.h"]
    readme = (libraries / "chain" / "README.md").read_text()
    assert re.search(r"\| instructions \| [\d,]+ \| counted: qemu", readme)
    assert re.search(r"\| flash: weights \| [\d,]+ B \| counted \|", readme)
    assert "Verified on qemu" in readme
    texts = [path for path in (libraries / "chain").rglob("*") if path.suffix in (".md", ".c", ".h", ".ini")]
    everything = "".join(path.read_text() for path in texts)
    assert str(libraries) not in everything


def test_a_model_is_found_by_its_file_or_by_the_id_of_what_is_known_of_it(tmp_path: Path) -> None:
    need("qemu-system-arm")
    model = float_model()
    (tmp_path / "m.tflite").write_bytes(model)
    with open_store(tmp_path / "results") as store:
        done = make(store, model, "floats", tmp_path / "library")
        assert find_model(str(tmp_path / "m.tflite"), store) == ("m.tflite", model)
        with pytest.raises(UserError, match="nothing"):
            find_model("nothing", store)
        store.put_blob(model)
        assert find_model(done.measurement.id[:12], store) == ("floats.tflite", model)


def test_a_candidate_is_called_as_its_model_so_that_two_fit_into_one_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("qemu-system-arm")
    model = float_model()
    with open_store(tmp_path / "results") as store:
        store.put_blob(model)
        sha256 = hashlib.sha256(model).hexdigest()
        store.put(Artifact(name="my-dense-1234abcd", sha256=sha256, size_bytes=len(model)))
    arguments = [sha256[:12], "--to", str(tmp_path / "library"), "--results", str(tmp_path / "results")]
    assert app.run(["deploy", *arguments]) == 0
    assert "my_dense_1234abcd: " in capsys.readouterr().out
    assert (tmp_path / "library" / "include" / "my_dense_1234abcd.h").is_file()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.tflite").write_bytes(float_model())
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "mine.txt").write_text("mine")
    arguments = ["deploy", str(tmp_path / "m.tflite"), "--to", str(tmp_path / "to"), "--results", str(tmp_path / "r")]
    assert app.run(arguments) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["mine.txt"]
