# SPDX-License-Identifier: Apache-2.0
"""How a search looks where nobody looks: one line for what matters, on standard error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli._run_view import Display, describe, print_result
from harness.finals import Waiting
from harness.records import Candidate
from harness.search import Event, Moment, SearchResult
from tests.search.fakes import make_request

CANDIDATE = Candidate(task_key="0" * 64, family="f", parameters=(), compression=(), seed=1)
WAIT = Event(moment=Moment.WAIT, number=1, done=1, trials=3, candidate=CANDIDATE, message="waiting for trials 1, 2")


@pytest.mark.parametrize("quiet", [False, True])
def test_what_is_waited_for_is_one_line_a_wait_also_beside_json(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with Display(make_request(), quiet=quiet) as display:
        display.listen(WAIT)
        display.listen(replace(WAIT, number=2, message="waiting for trial 2"))  # the other process gets on
        display.listen(replace(WAIT, moment=Moment.BEGIN, number=2))  # it has died
        display.listen(replace(WAIT, message="waiting for trial 1"))
        display.listen_to_finals(Waiting(message="another process, on [here], is at it"))
    told = ("waiting for trials 1, 2", "waiting for trial 1", "final check: another process, on [here], is at it")
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()) == ("", list(told))


def test_a_network_without_parameters_has_no_empty_brackets() -> None:
    model = Candidate(task_key="0", family="model", parameters=(), compression=(), seed=0)
    assert describe(model) == "model"
    assert describe(replace(model, parameters=(("units", 8),))) == "model (units 8)"


def test_a_search_is_named_without_the_characters_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    found = SearchResult(study="a\x1b[31mb", ended="trials", trials=(), front=(), nearest=None, quarantined=())
    print_result(found, (), None, Path("r.html"), "")
    assert capsys.readouterr().out.strip().splitlines()[0] == r"a\x1b[31mb: 0 trials (none finished)"
