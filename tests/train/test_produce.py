# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import hashlib

import pytest

from harness.boards import load_board
from harness.errors import BadTask, ToolError
from harness.footprint import fit
from harness.records import Candidate, CompressionStep, Scalar
from harness.search.gates.fit import MARGIN
from harness.tasks import LoadedTask, load_task
from harness.tflite import read_model
from harness.train import Halted, Rung, Trained, Verdict, evaluate, produce, scores_at, training_stack, untrained

INT8 = CompressionStep(name="int8")
REMOVE = CompressionStep(name="filter_pruning", parameters=(("fraction", 0.5),))
NETWORKS: dict[str, dict[str, Scalar]] = {
    "dense": {"layers": 2, "units_0": 32, "units_1": 16},
    "convolutional": {"blocks": 2, "filters_0": 12, "filters_1": 16, "halving": "max_pool"},
    "separable": {"stem": 8, "blocks": 2, "filters_0": 16, "filters_1": 24},
}


@pytest.fixture(scope="module")
def digits() -> LoadedTask:
    return load_task("digits")


def candidate(family: str, *steps: CompressionStep, seed: int = 0, **changed: Scalar) -> Candidate:
    parameters = tuple(sorted({**NETWORKS[family], **changed}.items()))
    return Candidate(task_key="0" * 64, family=family, parameters=parameters, compression=steps, seed=seed)


def quick(digits: LoadedTask, **changed: int | float) -> LoadedTask:
    plan = dataclasses.replace(digits.task.plan, **{"epochs": 2, "fine_tune_epochs": 1, **changed})  # type: ignore[arg-type]
    return dataclasses.replace(digits, task=dataclasses.replace(digits.task, plan=plan))


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def trained(request: pytest.FixtureRequest, digits: LoadedTask) -> tuple[Candidate, Trained]:
    wanted = candidate(request.param, INT8)
    return wanted, produce(wanted, digits)


def test_a_network_of_middling_size_learns_the_digits(trained: tuple[Candidate, Trained], digits: LoadedTask) -> None:
    _, made = trained
    metrics = dict(made.artifact.metrics)
    assert metrics["validation_accuracy"] > 0.9
    assert evaluate(made.model, digits.data.validation, digits.task) == metrics["validation_accuracy"]


def test_training_and_evaluation_never_look_at_the_test_data(digits: LoadedTask) -> None:
    unseen = dataclasses.replace(digits.data, test=None)  # type: ignore[arg-type]
    made = produce(candidate("dense", INT8), quick(dataclasses.replace(digits, data=unseen), epochs=1))
    assert [name for name, _ in made.artifact.metrics] == ["validation_accuracy", "parameters", "epochs"]


def test_an_untrained_model_needs_the_memory_of_the_trained_one(
    trained: tuple[Candidate, Trained], digits: LoadedTask
) -> None:
    wanted, made = trained
    board = load_board("microbit")
    before, after = fit(untrained(wanted, digits), board), fit(made.model, board)
    assert before.ram.exact_bytes == pytest.approx(after.ram.exact_bytes, rel=MARGIN)
    assert (1 - MARGIN) * after.weights_bytes <= before.weights_bytes <= 1.2 * after.weights_bytes  # channels may die


def test_an_artifact_names_its_candidate_and_hashes_its_model(trained: tuple[Candidate, Trained]) -> None:
    wanted, made = trained
    assert made.artifact.candidate_key == wanted.key
    assert made.artifact.sha256 == hashlib.sha256(made.model).hexdigest()
    assert [name for name, _ in made.seconds] == ["train", "compress", "convert", "evaluate"]


@pytest.fixture(scope="module")
def pruned(digits: LoadedTask) -> tuple[Trained, Trained, Trained]:
    """A pruned candidate, another one, the first again."""
    one, other = candidate("convolutional", REMOVE, INT8), candidate("convolutional", INT8)
    task = quick(digits, epochs=1)
    return produce(one, task), produce(other, task), produce(one, task)


def test_training_gives_the_same_bytes_again_whatever_was_trained_between(
    pruned: tuple[Trained, Trained, Trained],
) -> None:
    first, other, again = pruned
    assert first.model == again.model != other.model
    assert first.artifact == again.artifact


def test_another_seed_gives_another_model(digits: LoadedTask) -> None:
    models = {produce(candidate("dense", seed=seed), quick(digits, epochs=1)).model for seed in (0, 1)}
    assert len(models) == 2


def test_pruned_candidates_are_really_smaller(pruned: tuple[Trained, Trained, Trained]) -> None:
    small, whole, _ = pruned
    assert small.artifact.size_bytes < whole.artifact.size_bytes
    assert dict(small.artifact.metrics)["parameters"] < 0.5 * dict(whole.artifact.metrics)["parameters"]
    shapes = [t.shape for t in read_model(small.model, name="m").tensors.values()]
    assert (6, 3, 3, 1) in shapes
    assert (8, 3, 3, 6) in shapes


def test_a_training_that_was_judged_at_its_rungs_gives_the_same_bytes_and_one_that_was_stopped_none(
    digits: LoadedTask,
) -> None:
    shown: list[Rung] = []

    def judge(rung: Rung) -> Verdict:
        shown.append(rung)
        return Verdict.SHOW if rung.model is None else Verdict.GO_ON

    task, wanted = quick(digits, epochs=4), candidate("dense", REMOVE, INT8)
    plain, judged = produce(wanted, task), produce(wanted, task, judge=judge)
    assert judged.model == plain.model
    assert judged.artifact == plain.artifact
    assert [rung.epochs for rung in shown] == [1, 1, 2, 2]
    (score,) = shown[2].scores
    assert scores_at(2, plain.artifact.metrics) == {"accuracy": score.value}
    assert score.interval is not None
    assert score.interval[0] < score.value < score.interval[1]
    assert shown[1].parameters == dict(plain.artifact.metrics)["parameters"]
    assert shown[1].model is not None
    board = load_board("microbit")
    assert fit(shown[1].model, board).ram == fit(plain.model, board).ram
    with pytest.raises(Halted):
        produce(wanted, task, judge=lambda _rung: Verdict.STOP)


def test_stages_are_told_as_they_begin(digits: LoadedTask) -> None:
    told: list[str] = []
    produce(candidate("dense"), quick(digits, epochs=1), watch=told.append)
    assert told == ["train", "compress", "convert", "evaluate"]


def test_a_training_that_diverges_is_a_failure_not_a_model(digits: LoadedTask) -> None:
    with pytest.raises(ToolError, match="diverged"):
        produce(candidate("dense"), quick(digits, learning_rate=1e30))


def test_an_unknown_family_or_parameter_is_refused(digits: LoadedTask) -> None:
    unknown = dataclasses.replace(candidate("dense"), family="dens")
    with pytest.raises(BadTask) as caught:
        produce(unknown, digits)
    assert "Did you mean 'dense'" in str(caught.value)
    with pytest.raises(BadTask, match="units_0 is 5"):
        produce(candidate("dense", units_0=5), digits)


def test_the_stack_names_versions_and_the_code_that_trains() -> None:
    stack = training_stack()
    assert {"tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy"} < stack.keys()
    assert len(stack["harness"]) == 64
