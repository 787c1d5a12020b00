# SPDX-License-Identifier: Apache-2.0
"""Names that come from outside (tensors, files, tasks, boards, studies) mean nothing to C, INI, shell or HTML."""

from __future__ import annotations

import configparser
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from harness.boards import load_board
from harness.cli._ladder_view import print_ladder
from harness.cli.app import run
from harness.errors import BadBoard, HarnessError
from harness.firmware.files import project_files
from harness.ladder import Ladder
from harness.pipeline import BenchRequest, bench_model
from harness.report import report_path, study_report
from harness.runtimes.codegen import RUNTIME
from harness.store import open_store
from harness.tasks import load_task
from tests.measure.chain import chain_model

MARK = "zq~x"  # no template holds it, and no identifier can
PIECES = (
    '"', "'", "\n", "\r", "\\", "*/", "/*", "//", "??/", "#error ", "${HOME}", "$(touch x)", "`touch x`", "; rm x",
    "%s%n", "<script>", "</script>", "<!--", "&lt;", "]]>", "[env:evil]", "extra_scripts = x.py", "../", "\u202e",
    "\u0000", "{{ 7*7 }}", "{% raw %}", "é", "\U0001f600", "int", " ", "-", "=",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(lambda parts: MARK + "".join(parts) + MARK)
ESCAPES = "a\x1b[31m\x9b\u202eb"
SHOWN = r"a\x1b[31m\x9b\u202eb"
OBEYED = re.compile("[\x1b\x9b\u202e]")
few = settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
BOARD = load_board("mps2_an386")
PLAIN = chain_model()
WORST = MARK + "".join(PIECES).replace("\u0000", "") + MARK


@few
@given(tensor=hostile, file=hostile)
def test_tensor_and_file_names_never_reach_a_rendered_project(tensor: str, file: str) -> None:
    plain = _project_texts(PLAIN, "plain.tflite")
    named = _project_texts(chain_model(tensor), f"{file}.tflite")
    assert len(named) == len(plain)
    for text in named.values():
        assert MARK not in text
    for piece in PIECES:
        if not piece.strip().isalnum() and len(piece) > 2:
            assert _count(named, piece) == _count(plain, piece), piece
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(named["platformio.ini"])
    assert [section for section in ini.sections() if section.startswith("env:")] == [f"env:{BOARD.id}"]


def _project_texts(model: bytes, name: str) -> dict[str, str]:
    rendered = RUNTIME.render(model, BOARD, name=name, optimize="speed")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", rendered.prefix)
    files = project_files(rendered, BOARD, optimize="speed")
    return {path: content.decode("utf-8") for path, content in files.items()}


def _count(texts: dict[str, str], piece: str) -> int:
    return sum(text.count(piece) for text in texts.values())


def test_a_model_with_the_worst_names_is_built_and_verified(tmp_path: Path) -> None:
    with open_store(tmp_path / "results") as store:
        request = BenchRequest(model=chain_model(WORST), name=f"{WORST}.tflite", board="mps2_an386")
        outcome = bench_model(request, lambda: store).outcome
    assert outcome.failure is None
    assert outcome.measurement is not None
    assert outcome.measurement.verification.verified


@few
@given(name=hostile)
def test_an_unknown_board_or_task_is_refused_whatever_it_is_called(name: str) -> None:
    with pytest.raises(BadBoard):
        load_board(name)
    with pytest.raises(HarnessError) as caught:
        load_task(name)
    assert caught.value.exit_code == 2


@few
@given(name=hostile.map(lambda text: text.replace("\u0000", "")))
def test_a_study_keeps_its_name_and_its_report_runs_none_of_it(name: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with open_store(folder) as store:
            store.create_study(name, {"task": name, "boards": ["mps2_an386"], "objectives": [], "seed": 0})
            assert store.study(name).name == name
            path = study_report(store, name, report_path(folder, name))
        assert path.resolve().parent == (folder / "reports").resolve()
        page = path.read_text(encoding="utf-8")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, flags=re.DOTALL)
    assert scripts
    for piece in ("<script>", "<!--", "</script>"):
        if piece in name:
            assert page.count(MARK + piece) == 0
    assert all("touch x" not in script for script in scripts)


@pytest.mark.parametrize(("command", "code"), [("bench", 2), ("fit", 0), ("deploy", 0)])
def test_a_terminal_is_shown_control_characters_of_a_file_name_and_obeys_none(
    command: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    model = tmp_path / f"{ESCAPES}.tflite"
    model.write_bytes(b"no model" if command == "bench" else PLAIN)
    more = ("--to", str(tmp_path / ESCAPES)) if command == "deploy" else ()
    assert run([command, str(model), "--board", "host", *more]) == code
    shown = "".join(capsys.readouterr())
    assert SHOWN in shown
    assert not OBEYED.search(shown)


def test_a_ladder_shows_the_names_of_model_and_task_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    print_ladder(
        Ladder(
            model=ESCAPES,
            task=ESCAPES,
            metric="accuracy",
            samples=2,
            steps=(),
            calibration=None,
            input=None,
            culprit=None,
            problems=(ESCAPES,),
            failure=BadBoard(ESCAPES),
        )
    )
    shown = capsys.readouterr().out
    assert shown.count(SHOWN) == 4
    assert not OBEYED.search(shown)


def test_the_command_line_names_a_hostile_board_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    (tmp_path / "m.tflite").write_bytes(chain_model())
    assert run(["bench", str(tmp_path / "m.tflite"), "--board", "[red]x[/]'; rm -r ~", "--json"]) == 2
    assert '"kind": "BadBoard"' in capsys.readouterr().out
