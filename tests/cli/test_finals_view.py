# SPDX-License-Identifier: Apache-2.0
"""How the final check looks in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli._finals_view import cost_line, print_finals
from harness.finals import Cost
from harness.store import open_store
from tests.finals.fakes import HONEST, by_width, checked, searched


def test_what_it_will_cost_is_said_in_words() -> None:
    known = Cost(finalists=3, trainings=9, benches=12, seconds=65.4)
    assert cost_line(known) == "Final check of 3 candidates on the test data: 9 trainings, 12 benches, about 65 s"
    long = Cost(finalists=1, trainings=1, benches=2, seconds=200.0)
    assert cost_line(long).endswith("of 1 candidate on the test data: 1 training, 2 benches, about 3 min")
    assert cost_line(Cost(finalists=1, trainings=0, benches=1, seconds=None)).endswith("not known yet")


def test_it_fits_a_narrow_terminal_and_names_what_does_not_survive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    with open_store(tmp_path) as store:
        finals = checked(store, searched(store, shift), shift, seeds=2)
    print_finals(finals, trials=13)
    printed = capsys.readouterr().out
    assert "3 candidates of the front checked: 1 does not survive." in " ".join(printed.split())
    assert printed.count("  survives") == 2
    assert "when the study had 12 trials; now there are 13" in printed
    assert "Fewer than 3 seeds" in printed
    assert "lucky draw" in printed
    rows = [line for line in printed.splitlines() if line.strip()[:1].isdigit()]
    assert len(rows) >= 3
    assert all(len(line) <= 80 for line in rows)
