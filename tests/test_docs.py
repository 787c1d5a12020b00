# SPDX-License-Identifier: Apache-2.0
"""The documentation says what is so: the README's tour runs, links lead somewhere, commands have help."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from harness import proc
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def tour() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("<!-- tour -->", 1)[1].split("```", 2)[1]
    return [line for line in block.splitlines() if line.strip() and not line.startswith("#")]


def test_the_commands_of_the_readmes_tour_run(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = {**os.environ, "NO_COLOR": "1", "HARNESS_RESULTS": str(tmp_path / "results")}
    said = measurement = ""
    commands = tour()
    assert len(commands) >= 10
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "harness"
        file = tmp_path / words.pop() if ">" in words else None
        if "MEASUREMENT" in words:
            words[words.index("MEASUREMENT")] = measurement[:12]
        arguments = [word for word in words[1:] if word != ">"]
        finished = proc.run(
            [sys.executable, "-m", "harness.cli.app", *arguments], timeout_seconds=600, cwd=tmp_path, env=environment
        )
        said = finished.output
        assert finished.exit_code == 0, f"{command}\n{said}"
        if file is not None:
            file.write_text(said, encoding="utf-8")
        if "--json" in words:
            measurement = json.loads(said)["results"][0]["measurement"]
    assert (tmp_path / "firmware" / "platformio.ini").is_file()
    assert (tmp_path / "results" / "reports" / "tour.html").is_file()
    assert json.loads(said)["id"] == measurement


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name} links to {target}"


def test_every_command_is_documented_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [path.stem.replace("_", "-") for path in (ROOT / "harness" / "cli").glob("[a-z]*.py") if path.stem != "app"]
    assert names
    for name in names:
        assert f"harness {name}" in readme
        finished = proc.run([sys.executable, "-m", "harness.cli.app", name, "--help"], timeout_seconds=60)
        assert finished.exit_code == 0
        assert "Usage:" in finished.output
