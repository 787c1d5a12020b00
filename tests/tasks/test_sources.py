# SPDX-License-Identifier: Apache-2.0
"""Data from arrays, ``.npz`` files, folders of images, and pipelines: what comes in, and what is refused."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import BadTask
from harness.tasks import Data, from_arrays, from_dataset, from_image_folder, from_npz, tensorflow


def labels(count: int, classes: int = 3) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return (np.arange(count) % classes).astype(np.int32)


def rows(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.arange(count * 2, dtype=np.float32).reshape(count, 2)


def sizes(data: Data) -> list[int]:
    return [len(split.inputs) for _, split in data.splits()]


def test_arrays_are_split_by_class_and_every_sample_is_in_one_part() -> None:
    data = from_arrays(rows(300), labels(300), validation=0.1, test=0.3, seed=4, classes=("a", "b", "c"))
    assert sizes(data) == [180, 30, 90]
    assert all(len(set(np.bincount(split.targets).tolist())) == 1 for _, split in data.splits())
    together = np.concatenate([split.inputs[:, 0] for _, split in data.splits()])
    assert sorted(together) == sorted(rows(300)[:, 0])
    assert data.classes == ("a", "b", "c")
    again = from_arrays(rows(300), labels(300), validation=0.1, test=0.3, seed=4)
    other = from_arrays(rows(300), labels(300), validation=0.1, test=0.3, seed=5)
    assert np.array_equal(data.test.inputs, again.test.inputs)
    assert not np.array_equal(data.test.inputs, other.test.inputs)


def test_a_group_stays_in_one_part() -> None:
    speakers = [f"s{number // 7}" for number in range(280)]
    data = from_arrays(rows(280), labels(280), groups=speakers)
    held = [{speakers[int(row[0]) // 2] for row in split.inputs} for _, split in data.splits()]
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]
    assert [round(size / 280, 1) for size in sizes(data)] == [0.6, 0.2, 0.2]


@pytest.mark.parametrize(
    ("count", "shares", "says"),
    [(300, (0.5, 0.5), "leave something to train"), (300, (0.0, 0.2), "above 0"), (3, (0.2, 0.2), "too few to split")],
)
def test_shares_that_leave_a_part_empty_are_refused(count: int, shares: tuple[float, float], says: str) -> None:
    with pytest.raises(BadTask, match=says):
        from_arrays(rows(count), labels(count), validation=shares[0], test=shares[1])


def test_an_npz_file_is_read_in_parts_or_split(tmp_path: Path) -> None:
    whole, parts, two = tmp_path / "whole.npz", tmp_path / "parts.npz", tmp_path / "two.npz"
    pixels = (np.arange(600) % 256).reshape(300, 2).astype(np.uint8)
    np.savez(whole, x=pixels, y=labels(300))
    split: dict[str, Any] = {
        "x_train": pixels[:200],
        "y_train": labels(200),
        "x_test": pixels[250:],
        "y_test": labels(50),
    }
    np.savez(parts, **split, x_val=pixels[200:250], y_val=labels(50))
    np.savez(two, **split)
    assert sizes(from_npz(whole, scale=255)) == [180, 60, 60]
    data = from_npz(parts, mean=10, scale=255)
    assert sizes(data) == [200, 50, 50]
    assert data.train.inputs.dtype == np.float32
    np.testing.assert_allclose(data.train.inputs[7], (pixels[7] - 10.0) / 255, rtol=1e-6)
    assert data.preprocessing == (("mean", 10.0), ("scale", 255.0))
    assert sizes(from_npz(two)) == [161, 39, 50], "of each class a fifth"


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": 1}, "holds a, not the arrays of a task"),
        ({"x": rows(4)}, "holds x, but no y|not the arrays"),
        ({"x": rows(4), "y": labels(5)}, r"x is of shape \(4, 2\), y of \(5,\)"),
        ({"x_train": rows(4)}, "holds x_train, but no y_train"),
        ({"x": np.array([{}, {}]), "y": labels(2)}, "would run code when they are unpickled"),
        ({"x": np.array(["a", "b"]), "y": labels(2)}, "x is <U1, no numbers"),
    ],
)
def test_a_wrong_npz_file_is_named(arrays: dict[str, Any], says: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    np.savez(file, **arrays)
    with pytest.raises(BadTask, match=says) as caught:
        from_npz(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_no_npz_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.npz").write_bytes(b"PK no zip")
    with pytest.raises(BadTask, match=r"mine\.npz is damaged"):
        from_npz(tmp_path / "mine.npz")
    with pytest.raises(BadTask, match=r"none\.npz cannot be read"):
        from_npz(tmp_path / "none.npz")


needs_pillow = pytest.mark.skipif(find_spec("PIL") is None, reason="Pillow is not installed")


def paint(folder: Path, name: str, count: int, level: int) -> None:
    from PIL import Image

    (folder / name).mkdir(parents=True)
    for number in range(count):
        color = (level, number, 255)
        Image.new("RGB", (20, 10 + number), color).save(folder / name / f"{number}.png")


@needs_pillow
def test_images_are_resized_scaled_and_split_by_class(tmp_path: Path) -> None:
    for name, level in (("cat", 0), ("dog", 200)):
        paint(tmp_path, name, 10, level)
    data = from_image_folder(tmp_path, size=(6, 8), channels=3, mean=(0, 0, 255), scale=200.0)
    assert sizes(data) == [12, 4, 4]
    assert data.train.inputs.shape[1:] == (6, 8, 3)
    assert data.classes == ("cat", "dog")
    for _, split in data.splits():
        assert np.bincount(split.targets).tolist() == [len(split.targets) // 2] * 2
        assert (split.inputs[..., 0] == split.targets[:, np.newaxis, np.newaxis]).all()
        assert (split.inputs[..., 2] == 0).all()
    assert data.preprocessing == (
        ("kind", "image"),
        ("height", 6),
        ("width", 8),
        ("channels", 3),
        ("resize", "bilinear"),
        ("mean_0", 0.0),
        ("mean_1", 0.0),
        ("mean_2", 255.0),
        ("scale", 200.0),
    )


@needs_pillow
def test_folders_of_parts_are_not_split_and_classes_have_the_order_that_is_asked_for(tmp_path: Path) -> None:
    for part, count in (("train", 5), ("test", 2)):
        for name, level in (("cat", 0), ("dog", 255)):
            paint(tmp_path / part, name, count, level)
    data = from_image_folder(tmp_path, size=(4, 4), classes=("dog", "cat"))
    assert sizes(data) == [8, 2, 4]
    assert data.train.inputs.shape[1:] == (4, 4, 1)
    assert sorted(data.test.targets) == [0, 0, 1, 1]
    assert data.test.inputs[data.test.targets == 0].mean() > data.test.inputs[data.test.targets == 1].mean()


@needs_pillow
def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        paint(tmp_path, name, 10, 0)
    (tmp_path / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    with pytest.raises(BadTask, match=r"the image .*dog/broken\.png cannot be read"):
        from_image_folder(tmp_path, size=(4, 4))


@needs_pillow
def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTask, match="there is no folder"):
        from_image_folder(tmp_path / "none", size=(4, 4))
    paint(tmp_path, "cat", 10, 0)
    with pytest.raises(BadTask, match="a folder for each class, at least two, and has cat"):
        from_image_folder(tmp_path, size=(4, 4))
    (tmp_path / "dog").mkdir()
    with pytest.raises(BadTask, match=r"the class 'dog' has no files .*: the folder .*dog is empty of them"):
        from_image_folder(tmp_path, size=(4, 4))
    with pytest.raises(BadTask, match=r"the class 'owl' .*owl is not there"):
        from_image_folder(tmp_path, size=(4, 4), classes=("cat", "owl"))


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="the training stack is not installed")
def test_pipelines_are_read_by_sample_or_by_batch() -> None:
    tf = tensorflow()
    samples = tf.data.Dataset.from_tensor_slices((rows(60), labels(60)))
    data = from_dataset(samples.take(40), samples.skip(40).batch(8), classes=("a", "b", "c"))
    assert sizes(data) == [31, 9, 20]
    np.testing.assert_array_equal(data.test.inputs, rows(60)[40:])
    assert sizes(from_dataset(samples.batch(7), samples, validation=samples.take(3))) == [60, 3, 60]
    with pytest.raises(BadTask, match=r"the test data has no end\n.*take"):
        from_dataset(samples, samples.repeat())
    with pytest.raises(BadTask, match="train data yields TensorSpec"):
        from_dataset(samples.map(lambda x, _y: x), samples)
    with pytest.raises(BadTask, match="train data yields int"):
        from_dataset(3, samples)
