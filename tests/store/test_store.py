# SPDX-License-Identifier: Apache-2.0
"""The store's records, look-ups, studies and trials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from harness.errors import StoreError, UserError
from harness.records import (
    Artifact,
    BenchOutcome,
    Candidate,
    Deployment,
    Failure,
    Firmware,
    How,
    Measurement,
    Quantity,
)
from harness.store import Record, Store, TrialState, open_store
from harness.store.migrations import place
from harness.store.tables import key_of
from tests.store import examples
from tests.store.strategies import RECORDS

HOSTILE = ["<script>", "'; DROP TABLE trials; --", 'a "quoted"\nname', "*/ ${x} %s", "\u0000", "ähnlich\u2028"]


@pytest.fixture(scope="module")
def lasting_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("lasting")) as opened:
        yield opened


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(record=RECORDS)
def test_any_record_comes_back_from_the_store_as_it_was(lasting_store: Store, record: Record) -> None:
    if lasting_store.get(type(record), key_of(record)) is None:
        lasting_store.put(record)
        assert lasting_store.get(type(record), key_of(record)) == record


def test_reading_a_store_that_is_not_there_creates_nothing(place: str, tmp_path: Path) -> None:
    with open_store(place) as store:
        assert store.get(Candidate, "a" * 64) is None
        assert store.studies() == ()
        assert store.trials("digits") == ()
        with pytest.raises(UserError):
            store.find("abc")
        with pytest.raises(UserError):
            store.study("digits")
    assert list(tmp_path.iterdir()) == []


def test_the_same_record_twice_is_harmless(store: Store) -> None:
    for _ in range(2):
        store.put(examples.candidate(), examples.artifact(), examples.deployment(), examples.firmware())
        store.put(examples.measurement(), examples.failure())
    assert store.get(Measurement, examples.measurement().id) == examples.measurement()


def test_records_outlive_the_store_that_wrote_them(place: str) -> None:
    with open_store(place) as store:
        store.put(examples.candidate())
    with open_store(place) as store:
        assert store.get(Candidate, examples.candidate().key) == examples.candidate()


def test_a_database_url_with_its_blobs_elsewhere_is_the_same_store(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/lab.db", blobs=tmp_path / "files") as store:
        store.put(examples.candidate())
        sha256 = store.put_blob(b"model")
    assert (tmp_path / "lab.db").exists()
    assert (tmp_path / "files" / sha256[:2] / sha256).read_bytes() == b"model"


def test_a_database_in_memory_serves_too(tmp_path: Path) -> None:
    with open_store("sqlite://", blobs=tmp_path) as store:
        assert store.studies() == ()
        store.put(examples.candidate())
        assert store.get(Candidate, examples.candidate().key) == examples.candidate()


@pytest.mark.parametrize("name", ["a folder", "100% # ?mode=memory", "quote's"])
def test_the_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path / name) as store:
        store.put(examples.candidate())
    assert (tmp_path / name / "harness.db").exists()


def test_another_measurement_under_a_taken_id_is_an_error_and_nothing_of_its_batch_is_stored(store: Store) -> None:
    store.put(examples.measurement(1, identity="m1"))
    with pytest.raises(StoreError, match="the id m1 belongs to another measurement"):
        store.put(examples.candidate(), examples.measurement(2, identity="m1"))
    assert store.get(Candidate, examples.candidate().key) is None
    assert store.get(Measurement, "m1") == examples.measurement(1, identity="m1")


def test_a_figure_that_is_not_finite_is_refused(store: Store) -> None:
    wrong = Quantity(value=float("nan"), unit="us", how=How.MEASURED, source="timer")
    with pytest.raises(StoreError, match="finite"):
        store.put(replace(examples.measurement(), latency=wrong))


def test_two_candidates_trained_into_the_same_bytes_both_find_their_artifact(store: Store) -> None:
    first, second = examples.candidate(1), examples.candidate(2)
    store.put(examples.artifact(), examples.artifact(candidate_key=first.key))
    store.put(examples.artifact(candidate_key=second.key))
    assert store.artifact_of(first.key) == examples.artifact(candidate_key=first.key)
    assert store.artifact_of(second.key) == examples.artifact(candidate_key=second.key)
    assert store.artifact_of(examples.candidate(3).key) is None


def test_the_newest_measurement_of_the_same_image_rig_and_input_is_found(store: Store) -> None:
    old = examples.measurement(1, time="2025-01-01T00:00:00Z")
    new = examples.measurement(1, time="2025-01-02T00:00:00Z")
    store.put(new, old, examples.measurement(2), examples.measurement(1, identity="other", input_name="other"))
    assert store.measurement_for(old.build_key, old.rig, old.input_sha256) == new
    assert store.measurement_for(old.build_key, "another rig", old.input_sha256) is None
    assert store.measurement_for(old.build_key, old.rig, examples.digest("unseen")) is None


def test_an_outcome_is_stored_with_all_its_records(store: Store) -> None:
    outcome = BenchOutcome(
        model="m.tflite",
        board="mps2_an386",
        runtime="codegen",
        artifact=examples.artifact(),
        deployment=examples.deployment(),
        firmware=examples.firmware(),
        measurement=examples.measurement(),
    )
    store.put_outcome(outcome)
    assert store.get(Artifact, examples.artifact().key) == outcome.artifact
    assert store.get(Deployment, examples.deployment().key) == outcome.deployment
    assert store.get(Firmware, examples.firmware().key) == outcome.firmware
    assert store.get(Measurement, examples.measurement().id) == outcome.measurement
    store.put_outcome(BenchOutcome(model="n", board="host", runtime="codegen", failure=examples.failure()))
    assert store.get(Failure, examples.failure().id) == examples.failure()


def test_a_unique_beginning_finds_a_record_of_any_type(store: Store) -> None:
    records = (examples.candidate(), examples.artifact(), examples.deployment(), examples.firmware())
    store.put(*records, examples.measurement(), examples.failure())
    for record in (*records, examples.measurement(), examples.failure()):
        assert store.find(key_of(record)[:10]) == record


def test_a_trial_finds_its_candidate(store: Store) -> None:
    store.create_study("a:b", {})
    assert store.claim_trial("a:b", 0, examples.candidate(), "me", instead_of=None)
    assert store.find("a:b:0") == examples.candidate()
    for wrong in ("a:b:1", "a:b:", "none:0", ":0"):
        with pytest.raises(UserError, match=f"there is no record '{wrong}'"):
            store.find(wrong)


def test_the_name_of_a_study_is_no_record_and_what_it_is_is_said(store: Store) -> None:
    store.create_study("mine", {})
    for text in ("mine", "mine:7"):
        with pytest.raises(UserError, match="'mine' is a study") as caught:
            store.find(text)
        assert "mine:NUMBER" in str(caught.value)
    with pytest.raises(UserError, match=r"Studies: mine\."):
        store.find("zz")


def test_a_beginning_of_several_identities_lists_them(store: Store) -> None:
    store.put(examples.measurement(1, identity="abc1"), replace(examples.failure(), id="abc2"))
    with pytest.raises(UserError, match="several") as caught:
        store.find("abc")
    assert "abc1  measurement" in caught.value.message
    assert "abc2  failure" in caught.value.message
    assert store.find_measurement("abc").id == "abc1"


@pytest.mark.parametrize("prefix", ["%", "_", "ABC", "zz"])
def test_a_beginning_is_taken_literally(store: Store, prefix: str) -> None:
    store.put(examples.measurement(1, identity="abc1"))
    with pytest.raises(UserError, match="there is no record"):
        store.find(prefix)


def test_a_study_is_created_once_and_resumed_with_the_same_configuration(store: Store) -> None:
    config = {"task": "digits", "boards": ["mps2_an386"], "seed": 1}
    created = store.create_study("digits", config)
    assert store.resume_study("digits", config) == created
    assert store.studies() == (created,)
    with pytest.raises(UserError, match="exists"):
        store.create_study("digits", config)


def test_resuming_with_other_options_names_what_differs(store: Store) -> None:
    store.create_study("digits", {"task": "digits", "seed": 1})
    with pytest.raises(UserError, match="seed was 1, is 2") as caught:
        store.resume_study("digits", {"task": "digits", "seed": 2})
    assert "task" not in caught.value.message


def test_an_unknown_study_names_the_nearest(store: Store) -> None:
    store.create_study("digits", {})
    with pytest.raises(UserError, match="Did you mean 'digits'") as caught:
        store.study("digit")
    assert place(store._database.url) in caught.value.message  # it may be another folder than was meant
    with pytest.raises(UserError, match="there is no record 'ffff' in ") as caught:
        store.find("ffff")
    assert place(store._database.url) in caught.value.message
    with pytest.raises(UserError, match="there is no study 'digit'"):
        store.claim_trial("digit", 0, examples.candidate(), examples.RUNNER)


def test_a_trial_goes_from_running_to_complete_with_its_results(store: Store) -> None:
    store.create_study("s", {})
    store.claim_trial("s", 0, examples.candidate(), examples.RUNNER)
    assert [trial.number for trial in store.trials("s", TrialState.RUNNING)] == [0]
    assert store.get(Candidate, examples.candidate().key) == examples.candidate()
    store.put(examples.deployment(), examples.measurement(), examples.failure())
    results = [examples.measurement().id, examples.failure().id]
    store.finish_trial("s", 0, TrialState.COMPLETE, {"values": [0.5, 10]}, results=results, runner=examples.RUNNER)
    (trial,) = store.trials("s")
    assert (trial.state, trial.outcome) == (TrialState.COMPLETE, {"values": [0.5, 10]})
    assert trial.results == tuple(sorted(results))
    assert store.trials("s", TrialState.RUNNING) == ()
    assert store.measurements("s") == (examples.measurement(),)
    assert store.failures("s") == (examples.failure(),)


def test_a_trial_left_running_is_taken_up_with_the_same_candidate(store: Store) -> None:
    store.create_study("s", {})
    assert store.claim_trial("s", 3, examples.candidate(), examples.RUNNER)
    assert store.claim_trial("s", 3, examples.candidate(), "other", instead_of=examples.RUNNER)
    assert not store.claim_trial("s", 3, examples.candidate(9), examples.RUNNER, instead_of="other")
    assert [trial.state for trial in store.trials("s")] == [TrialState.RUNNING]


def test_a_finished_trial_stays_so(store: Store) -> None:
    store.create_study("s", {})
    store.claim_trial("s", 0, examples.candidate(), examples.RUNNER)
    assert store.finish_trial("s", 0, TrialState.FAILED, {"kind": "no"}, results=(), runner=examples.RUNNER)
    assert not store.claim_trial("s", 0, examples.candidate(), examples.RUNNER)
    for number in (0, 1):  # finished, and never begun
        assert not store.finish_trial("s", number, TrialState.COMPLETE, {}, results=(), runner=examples.RUNNER)
    assert [trial.outcome for trial in store.trials("s")] == [{"kind": "no"}]


def test_measurements_of_other_studies_stay_theirs(store: Store) -> None:
    for study, number in (("a", 1), ("b", 2)):
        store.create_study(study, {})
        store.claim_trial(study, 0, examples.candidate(number), examples.RUNNER)
        store.put(examples.measurement(number))
        store.link_results(study, 0, [examples.measurement(number).id])
        store.link_results(study, 0, [examples.measurement(number).id])
    assert store.measurements("a") == (examples.measurement(1),)
    assert store.measurements("b") == (examples.measurement(2),)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(store: Store, backend: str, name: str) -> None:
    if backend == "postgresql" and "\0" in name:
        with pytest.raises(StoreError, match="NUL") as caught:
            store.create_study(name, {})
        assert "Rename" in caught.value.hint
        return
    candidate = replace(examples.candidate(), family=name, parameters=((name, name),))
    store.create_study(name, {name: name})
    store.claim_trial(name, 0, candidate, name)
    (trial,) = store.trials(name)
    assert (trial.study, trial.candidate_key) == (name, candidate.key)
    assert store.get(Candidate, candidate.key) == candidate
    assert store.study(name).config == {name: name}
