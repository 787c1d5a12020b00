# SPDX-License-Identifier: Apache-2.0
"""A study as a table: a row a trial and board, figures of different kinds in columns of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.report.table import study_table
from harness.store import Store, TrialState, open_store
from tests.finals.fakes import HONEST, SAMPLES, by_width, checked, searched, trial_of
from tests.report import synthetic

pytest.importorskip("pandas", reason="the extra [report] is not installed")


def test_every_finished_trial_has_a_row_for_each_board(store: Store) -> None:
    table = study_table(store, synthetic.STUDY)
    ended = [trial for trial in store.trials(synthetic.STUDY) if trial.state is not TrialState.RUNNING]
    assert set(table.trial) == {trial.number for trial in ended}
    complete = table[table.status == "complete"]
    assert set(complete.groupby("trial").board.nunique()) == {len(synthetic.BOARDS)}
    assert len(table.drop_duplicates(["trial", "board"])) == len(table)


def test_figures_are_those_of_the_measurements(store: Store) -> None:
    table = study_table(store, synthetic.STUDY).set_index("measurement")
    for found in store.measurements(synthetic.STUDY):
        row = table.loc[found.id]
        assert row.ram_total_bytes == found.ram.total_bytes
        assert row.flash_weights_bytes == found.flash.weights_bytes
        assert found.instructions is not None
        assert row.instructions == found.instructions.value
        assert found.cycles is not None
        assert row.cycles_modelled_zero_wait == found.cycles.zero_wait
        assert row.cycles_modelled_flash_wait == found.cycles.flash_wait
        assert row.verified == found.verification.verified


def test_what_is_modelled_does_not_share_a_column_with_what_is_measured(store: Store) -> None:
    table = study_table(store, synthetic.STUDY)
    priced = table[table.board == "nucleo_l4r5zi"]
    assert priced.latency_modelled_us.notna().any()
    assert table.latency_measured_us.isna().all()
    assert table[table.board == "mps2_an386"].latency_modelled_us.isna().all()


def test_what_came_to_nothing_says_why(store: Store) -> None:
    table = study_table(store, synthetic.STUDY)
    failed = table[table.status != "complete"]
    assert len(failed) > 0
    assert failed.instructions.isna().any()
    assert not failed.on_front.any()
    assert table.on_front.any()


def test_a_measured_trial_that_breaks_a_limit_says_which_and_by_what_share(store: Store) -> None:
    table = study_table(store, synthetic.STUDY)
    ends = {trial.number: trial.outcome for trial in store.trials(synthetic.STUDY) if trial.outcome}
    broken = {
        (number, reason["board"]): reason
        for number, outcome in ends.items()
        for reason in outcome["reasons"]
        if reason["stage"] == "limits" and reason["board"]
    }
    assert broken
    for (number, board), reason in broken.items():
        row = table[(table.trial == number) & (table.board == board)].iloc[0]
        assert row.instructions > 0
        assert reason["message"] in row.reason
        assert row.violation >= reason["violation"]
    complete = table[table.status == "complete"]
    assert complete.reason.isna().all()


def test_a_study_without_a_finished_trial_gives_an_empty_table(tmp_path: Path) -> None:
    with open_store(tmp_path) as opened:
        opened.create_study("empty", {})
        table = study_table(opened, "empty")
        assert len(table) == 0
        assert "ram_total_bytes" in table.columns
        with pytest.raises(UserError, match="unknown"):
            study_table(opened, "unknown")


def test_trials_of_the_final_check_have_their_test_scores_and_what_speaks_against_them(tmp_path: Path) -> None:
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    with open_store(tmp_path) as opened:
        found = searched(opened, shift)
        unchecked = study_table(opened, "s")
        finals = checked(opened, found, shift, seeds=2)
        table = study_table(opened, "s").set_index("trial")
    assert not [name for name in unchecked.columns if name.startswith("test.")]
    assert unchecked.final_survives.isna().all()
    assert set(table.index[table.final_seeds == 2]) == {each.trial for each in finals.candidates}
    lucky = trial_of(finals, found, 2)
    row, test = table.loc[lucky.trial], lucky.own.test
    assert test is not None
    assert (row["test.accuracy"], row["test.accuracy_low"], row["test.accuracy_high"]) == (
        test.value,
        test.low,
        test.high,
    )
    assert row["test.accuracy_mean"] == lucky.mean("accuracy")
    assert row["test.accuracy_mean"] < test.value
    assert (row.final_survives, row.final_flags, test.samples) == (False, "lucky beaten", SAMPLES)
    assert table.final_survives.sum() == 2
