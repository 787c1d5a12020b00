# SPDX-License-Identifier: Apache-2.0
"""A report as Markdown and as PDF, from the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness import proc
from harness.cli import app
from harness.report.content import study_content
from harness.report.markdown import escaped, render_markdown
from harness.search import Limit, Reason
from harness.store import Store, open_store
from tests.finals.fakes import HONEST, by_width, checked, searched
from tests.report import synthetic
from tests.report.hostile import hostile_content


def tables_in(text: str) -> list[list[str]]:
    """Return the tables of a Markdown text as their lines."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [block for block in blocks if block[0].startswith("|")]


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_a_study_is_the_front_of_each_board_and_its_failures_in_well_formed_tables(store: Store) -> None:
    content = study_content(store, synthetic.STUDY)
    text = render_markdown(content)
    tables = tables_in(text)
    assert len(tables) == len(content.parts) + 1
    for part, lines in zip(content.parts, tables, strict=False):
        assert len(lines) - 2 == min(12, len(part.front))
    assert all(len({cells(line) for line in lines}) == 1 for lines in tables)
    assert text == render_markdown(content)
    assert "test_accuracy" not in text
    assert "<" not in text


def test_nothing_of_a_user_is_taken_for_markdown_or_html_or_a_mention(tmp_path: Path) -> None:
    text = render_markdown(hostile_content(tmp_path, "@all <b>x</b> [a](b) | `c` #1 ![i](u)\n| x |"))
    assert "@\u200ball" in text
    assert "@all" not in text
    assert "#1" not in text
    assert "<b>" not in text
    assert not re.search(r"(?<!\\)!\[", text)
    for lines in tables_in(text):
        assert len({cells(line) for line in lines}) == 1
    assert escaped("a|b") == r"a\|b"


def test_the_final_check_and_its_flags_are_in_it(tmp_path: Path) -> None:
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    with open_store(tmp_path) as store:
        checked(store, searched(store, shift), shift)
        text = render_markdown(study_content(store, "s"))
    assert "3 candidates of the front checked: 1 does not survive." in text
    assert text.count("**does not survive**") == 1
    assert re.search(r"^- Trial \d+: .*lucky draw", text, re.MULTILINE)


def test_limits_are_in_it_and_where_none_meets_them_what_comes_nearest(store: Store) -> None:
    content = study_content(store, synthetic.STUDY)
    assert content.facts is not None
    limit = Limit(name="ram", sense="<=", bound=2048.0, board="mps2_an386")
    reason = Reason(board=limit.board, kind="LimitViolated", stage="limits", message="too much", violation=0.25)
    first = content.facts.finished[0]
    nearest = replace(first, outcome=replace(first.outcome, reasons=(reason,)))
    facts = replace(content.facts, limits=(limit,), front=frozenset(), nearest=first.number, finished=(nearest,))
    text = render_markdown(replace(content, facts=facts))
    assert "Limits: ram@mps2\\_an386 at most 2,048 bytes." in text
    assert f"Trial {first.number} breaks them least:\n\n- too much: 25.0 % beyond\n\n" in text


def test_a_figure_that_was_not_verified_is_struck_out(store: Store) -> None:
    content = study_content(store, synthetic.STUDY)
    unverified = next(e for part in content.parts for e in part.entries if not e.verified)
    part = replace(content.parts[0], entries=(unverified,), front=frozenset())
    text = render_markdown(replace(content, study=None, parts=(part,)))
    assert "**NO**" in text
    assert "~~" in text


def test_the_command_prints_markdown_or_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=4)
        wanted = render_markdown(study_content(store, synthetic.STUDY))
    command = ["report", synthetic.STUDY, "--results", str(tmp_path), "--md"]
    assert app.run(command) == 0
    assert capsys.readouterr().out == wanted
    assert app.run([*command, "-o", str(tmp_path / "s.md")]) == 0
    assert (tmp_path / "s.md").read_text() == wanted
    assert app.run([*command, "--pdf"]) == 2


@pytest.mark.skipif(proc.which("chromium") is None, reason="the program 'chromium' is not installed")
def test_the_command_prints_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=4)
    assert app.run(["report", synthetic.STUDY, "--results", str(tmp_path), "--pdf"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == tmp_path / "reports"
    printed = path.read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 2


def test_without_a_browser_the_command_says_what_to_install_and_that_html_needs_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CHROMIUM", str(tmp_path / "none"))
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=2)
    assert app.run(["report", synthetic.STUDY, "--results", str(tmp_path), "--pdf"]) == 3
    said = capsys.readouterr().err
    assert "is not installed" in said
    assert "HARNESS_CHROMIUM" in said
    assert "leave --pdf away" in said
    assert not list((tmp_path / "reports").glob("*")) if (tmp_path / "reports").exists() else True


def test_a_browser_that_prints_nothing_is_a_tools_error_with_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\necho it broke\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setenv("HARNESS_CHROMIUM", str(program))
    with open_store(tmp_path) as store:
        synthetic.fill(store, trials=2)
    assert app.run(["report", synthetic.STUDY, "--results", str(tmp_path), "--pdf"]) == 3
    said = capsys.readouterr().err
    assert "exit code 7" in said
    assert "it broke" in said
