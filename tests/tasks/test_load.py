# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import BadTask, UserError
from harness.tasks import Need, load_task, task_key

STACK = {"tensorflow": "1"}
NUMBERS = "VALUES = [0.0, 0.5, 1.0]\n"
MINE = """
import numpy as np
import numbers_beside_{tag} as given
from harness.tasks import Data, Split, Task, TrainingPlan, accuracy


def load_data():
    inputs = np.array(given.VALUES, np.float32)[:, None]
    parts = (inputs, inputs / 2 + 0.15, inputs / 2 + 0.2)
    train, validation, test = (Split(inputs=part, targets=np.zeros(3, np.int32)) for part in parts)
    return Data(train=train, validation=validation, test=test)


TASK = Task(
    summary="mine",
    input_range=(0.0, 1.0),
    loss="mse",
    metric="accuracy",
    score=accuracy,
    plan=TrainingPlan(
        epochs=1, batch_size=1, learning_rate=0.1, patience=1, fine_tune_epochs=1, fine_tune_learning_rate=0.1
    ),
    families={{"one": lambda space: list}},
    load_data=load_data,
)
"""


def write(folder: Path, tag: str, *, numbers: str = NUMBERS, mine: str = MINE) -> str:
    folder.mkdir(exist_ok=True)
    (folder / f"numbers_beside_{tag}.py").write_text(numbers)
    (folder / "unused.py").write_text("raise SystemExit\n")
    path = folder / "mine.py"
    path.write_text(mine.format(tag=tag))
    sys.modules.pop(f"numbers_beside_{tag}", None)
    return str(path)


def test_a_task_is_loaded_from_a_file_with_what_lies_beside_it(tmp_path: Path) -> None:
    before = list(sys.path)
    loaded = load_task(write(tmp_path, "a"))
    assert loaded.task.summary == "mine"
    assert [file.name for file in loaded.files] == ["mine.py", "numbers_beside_a.py"]
    assert sys.path == before


def test_the_key_is_the_same_in_another_folder(tmp_path: Path) -> None:
    keys = {task_key(load_task(write(tmp_path / folder, "b")), STACK) for folder in ("one", "two")}
    assert len(keys) == 1


def test_the_key_changes_with_the_file_what_it_imports_its_data_and_the_stack(tmp_path: Path) -> None:
    keys = [
        task_key(load_task(write(tmp_path, "c")), STACK),
        task_key(load_task(write(tmp_path, "c")), {"tensorflow": "2"}),
        task_key(load_task(write(tmp_path, "c", mine=MINE + "# more\n")), STACK),
        task_key(load_task(write(tmp_path, "c", numbers=NUMBERS + "# more\n")), STACK),
        task_key(load_task(write(tmp_path, "c", numbers="import os\nVALUES = [0, 0, 1]\n")), STACK),
    ]
    assert len(set(keys)) == 5


def test_the_key_changes_with_the_data_alone(tmp_path: Path) -> None:
    (tmp_path / "values.txt").write_text("0 0 0")
    path = str(tmp_path / "values.txt")
    read = f"import pathlib\nVALUES = [float(v) for v in pathlib.Path({path!r}).read_text().split()]\n"
    before = task_key(load_task(write(tmp_path, "d", numbers=read)), STACK)
    (tmp_path / "values.txt").write_text("0 0 1")
    assert task_key(load_task(write(tmp_path, "d", numbers=read)), STACK) != before


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ("VALUES = [0.0, 0.5, 1.5]", "the train data .* leaves its range of 0 to 1"),
        ("VALUES = [0.0, 0.5, float('nan')]", "not finite"),
        ("VALUES = []", "has 0 inputs and 3 targets"),
        ("VALUES = 1 / 0", "cannot be imported: ZeroDivisionError"),
        ("VALUES = ['a']", "data of the task .* cannot be loaded: ValueError"),
    ],
)
def test_wrong_data_is_refused_by_name(tmp_path: Path, numbers: str, says: str) -> None:
    with pytest.raises(BadTask, match=says):
        load_task(write(tmp_path, "e", numbers=numbers))


def test_a_file_without_a_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTask) as caught:
        load_task(write(tmp_path, "f", mine="TASK = 3\n"))
    assert "defines no TASK" in str(caught.value)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadTask, match=r"there is no task file nowhere\.py"):
        load_task("nowhere.py")


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        load_task("digit")
    assert "there is no task 'digit'" in str(caught.value)
    assert "Did you mean 'digits'" in str(caught.value)
    assert "a task's file, ending in .py" in str(caught.value)


def test_a_task_without_networks_can_be_scored_but_not_trained(tmp_path: Path) -> None:
    bare = write(tmp_path, "g", mine=MINE.replace('families={{"one": lambda space: list}}', "families={{}}"))
    with pytest.raises(BadTask, match="no family of networks"):
        load_task(bare)
    assert load_task(bare, need=Need.DATA).data.test.inputs.shape == (3, 1)


def test_test_samples_that_stand_in_the_training_data_are_named_before_anything_trains(tmp_path: Path) -> None:
    leaking = MINE.replace("inputs / 2 + 0.2)", "inputs)")
    with pytest.raises(BadTask, match=r"3 of the 3 samples of the test data .* stand in the train data too"):
        load_task(write(tmp_path, "f", mine=leaking))
    assert load_task(write(tmp_path, "f", mine=leaking), need=Need.DATA).data, "what is only scored may be anything"


LABELLED = MINE.replace('loss="mse"', 'loss="sparse_categorical_crossentropy"')


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (MINE.replace("np.zeros(3, np.int32)", "np.zeros(2, np.int32)"), "has 3 inputs and 2 targets"),
        (MINE.replace("np.zeros(3, np.int32)", "[0, 0, 0]"), "the targets of the train data .* no array .* list"),
        (MINE.replace("np.zeros(3, np.int32)", "np.array([0, np.nan, 0])"), "not finite, first of sample 1"),
        (LABELLED.replace("np.zeros(3, np.int32)", "np.zeros(3)"), "targets float64 .* needs the number of a class"),
        (LABELLED.replace("np.zeros(3, np.int32)", "np.array([0, 0, -1])"), "has the class -1, first of sample 2"),
        (LABELLED.replace("test=test)", 'test=test, classes=("a",))').replace("np.zeros(3", "np.ones(3"), "are 0 to 0"),
        (
            LABELLED.replace("return Data", "test.targets[1] = 4\n    return Data"),
            "class 4, of which the train data has no",
        ),
        (
            MINE.replace("return Data(train=train, validation=validation, test=test)", "return 3"),
            "returns int, not Data",
        ),
        (MINE.replace('metric="accuracy"', 'metric="My Score"'), "calls a metric 'My Score'"),
        (MINE.replace("score=accuracy", 'score=accuracy, metrics={{"accuracy": accuracy}}'), "'accuracy' twice"),
        (
            MINE.replace("return Data", "validation.inputs[:] = test.inputs\n    return Data"),
            "test data .* in the validation",
        ),
    ],
    ids=range(11),
)
def test_what_is_wrong_with_data_is_named_with_its_first_sample(tmp_path: Path, mine: str, says: str) -> None:
    with pytest.raises(BadTask, match=says):
        load_task(write(tmp_path, "h", mine=mine))


def test_a_value_out_of_range_is_named_with_its_sample(tmp_path: Path) -> None:
    with pytest.raises(BadTask, match=r"2 of 3 samples, first sample 1, which holds 7"):
        load_task(write(tmp_path, "i", numbers="VALUES = [0.0, 7.0, 8.0]"))
