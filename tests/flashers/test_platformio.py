# SPDX-License-Identifier: Apache-2.0
"""The flasher, on the upload target of the platform for emulated boards: a real one needs its board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import proc, registry
from harness.boards import load_board
from harness.errors import FlashError, ToolError
from harness.firmware import render_project
from harness.flashers import Flasher
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model


@dataclass(frozen=True)
class Folder:
    """All that a flasher needs of a project."""

    folder: Path
    board_id: str


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def flasher() -> Flasher:
    found: Flasher = registry.load("harness.flashers", "platformio").FLASHER
    return found


def test_a_built_project_is_flashed_and_the_log_returned(flasher: Flasher, tmp_path: Path) -> None:
    need("gcc")
    project = render_project(tiny_model(), load_board("host"), tmp_path / "p", optimize="speed")
    assert "firmware.elf runs" in flasher.flash(project, None)


def test_an_image_that_does_not_start_is_a_flash_error_with_reason_and_log(flasher: Flasher, tmp_path: Path) -> None:
    need("gcc")
    project = render_project(tiny_model(), load_board("host"), tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_text("int main(void)\n{\n  return 3;\n}\n")
    with pytest.raises(FlashError, match="Error: the emulator ended with code 3") as caught:
        flasher.flash(project, None)
    assert "Starting" in caught.value.log


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("Looking for upload port...\n*** [upload] could not open port /dev/ttyX\n", "could not open port"),
        ("A fatal error occurred: Failed to connect to ESP32\n*** [upload] Error 2\n", "Failed to connect to ESP32"),
        ("Uploading\nno idea\n=========== [FAILED] Took 1 s ===========\n", "no idea"),
        ("", "printed nothing"),
    ],
)
def test_the_uploaders_reason_stands_in_the_message(
    flasher: Flasher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: str, reason: str
) -> None:
    failed = proc.Finished(exit_code=1, output=output)
    monkeypatch.setattr("harness.flashers.platformio.run_pio", lambda *_args, **_kwargs: failed)
    with pytest.raises(FlashError, match=reason) as caught:
        flasher.flash(Folder(tmp_path, "esp32"), "/dev/ttyX")
    assert "/dev/ttyX" in caught.value.message
    assert caught.value.log == output


def test_a_port_is_handed_on_as_one_argument(flasher: Flasher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[str] = []

    def run(folder: Path, arguments: list[str], *, timeout_seconds: float) -> proc.Finished:
        seen.extend(arguments)
        return proc.Finished(exit_code=0, output="done")

    monkeypatch.setattr("harness.flashers.platformio.run_pio", run)
    assert flasher.flash(Folder(tmp_path, "esp32"), "/dev/tty; reboot") == "done"
    assert seen[seen.index("--upload-port") + 1] == "/dev/tty; reboot"
    assert seen[seen.index("--environment") + 1] == "esp32"


def test_an_upload_that_does_not_end_is_a_flash_error(
    flasher: Flasher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(*_args: object, **_kwargs: object) -> proc.Finished:
        raise ToolError("'pio' did not end within 1 s", log="halfway")

    monkeypatch.setattr("harness.flashers.platformio.run_pio", run)
    with pytest.raises(FlashError, match="did not end") as caught:
        flasher.flash(Folder(tmp_path, "esp32"), None)
    assert caught.value.log == "halfway"
