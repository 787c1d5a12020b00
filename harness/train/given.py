# SPDX-License-Identifier: Apache-2.0
"""A trained model of one's own as the start of a search: read, rebuilt, and what cannot be done with it.

Each step is done in a process of its own: by the Keras that wrote the file, then by tf-keras, which the techniques that
change a network work with. Both cannot be used in one process.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.compress import Network, apply_steps
from harness.errors import BadModel, UserError
from harness.records import Candidate
from harness.tasks import Floats, GivenModel, LoadedTask
from harness.train.archive import inspect_file
from harness.train.check import check_outputs
from harness.train.keras_file import installed_keras, run_child
from harness.train.rebuild import rebuild

FAMILY = "model"
_READ, _REBUILD = "harness.train._given_child", "harness.train._rebuild_child"
_SAMPLES = 32  # on which the rebuilt network must answer as the file's does


def open_model(
    path: Path,
    loaded: LoadedTask,
    techniques: Sequence[str],
    *,
    trust: bool = False,
    watch: Callable[[str], None] = lambda _stage: None,
) -> GivenModel:
    """Read a model's file, and try the techniques of compression on it without training.

    Raises BadModel for what cannot or must not be opened, does not fit the task's data, or where every technique is
    lost; UserError where the file cannot be read, or the Keras that wrote it is not installed.
    """
    writer = inspect_file(path, trust=trust)
    package, version = installed_keras(writer, path)
    content = path.read_bytes()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "samples.npy", loaded.data.validation.inputs[:_SAMPLES])
        _ask(folder, model=str(path.absolute()), keras=writer.module, trust=trust)
        watch(f"reading {path.name} by {package} {version}")
        run_child(_READ, folder, path)
        asked = {"native": writer.native, "trust": trust, "techniques": list(techniques)}
        (folder / "try.json").write_text(json.dumps(asked))
        watch(f"rebuilding {path.name} in tf-keras")
        run_child(_REBUILD, folder, path)
        told = json.loads((folder / "lost.json").read_text())
        check_outputs(loaded, np.load(folder / "outputs.npy"), path.name)
        given = GivenModel(
            path=str(path.absolute()),
            sha256=hashlib.sha256(content).hexdigest(),
            keras=f"{package} {version}",
            native=writer.native,
            trusted=trust,
            config=(folder / "config.json").read_text(),
            weights=read_weights(folder),
            rebuilt=told["rebuilt"],
            lost=tuple(sorted(told["lost"].items())),
        )
    if techniques and len(given.lost) == len(techniques):
        raise BadModel("\n".join(lost_lines(given)), hint="No technique is left to search.")
    return given


def lost_lines(given: GivenModel) -> tuple[str, ...]:
    """Say which techniques cannot be applied to a model, and why, a line each."""
    name = Path(given.path).name
    return tuple(f"{name}: {technique} is lost: {' '.join(why.split())}" for technique, why in given.lost)


def with_model(loaded: LoadedTask, given: GivenModel) -> LoadedTask:
    """Return the task with the model as its only network, which has nothing left to choose."""
    families = {FAMILY: lambda _space: lambda: given_network(given)}
    return replace(loaded, task=replace(loaded.task, families=families), given=given)


def given_network(given: GivenModel) -> Any:
    """Return the model as a trained network of tf-keras. Raises BadModel where it cannot be rebuilt."""
    return rebuild(given.config, given.weights, native=given.native, trust=given.trusted)


def convert_given(given: GivenModel, candidate: Candidate, calibration: Floats) -> bytes:
    """Convert the file as it is, in a process of its own: for a model that tf-keras cannot build.

    Raises what ``convert`` does, BadModel for a step that would change the network, or where the file is not what it
    was, ToolError where the process crashes.
    """
    lost = dict(given.lost)
    for step in candidate.compression:
        if step.name in lost:
            raise BadModel(f"{step.name} is lost: {lost[step.name]}")
    changed = apply_steps(Network(model=None), candidate.compression, fine_tune=no_training, seed=0)  # its types alone
    path = Path(given.path)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    if found != given.sha256:
        raise BadModel(f"{path} has changed since the search began")
    writer = inspect_file(path, trust=given.trusted)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "samples.npy", calibration)
        _ask(folder, model=given.path, keras=writer.module, trust=given.trusted, types=changed.types)
        run_child(_READ, folder, path)
        return (folder / "model.tflite").read_bytes()


def no_training(model: Any, *, callbacks: Sequence[Any] = ()) -> int:
    """Stand in for training where a technique is tried, or does none."""
    del model, callbacks
    return 0


def read_weights(folder: Path) -> tuple[tuple[Floats, ...], ...]:
    """Return the weights [layer][variable] that a process has written; layers without any have an empty place."""
    with np.load(folder / "weights.npz") as archive:
        named = {tuple(map(int, name.split("_"))): archive[name] for name in archive.files}
    count = json.loads((folder / "layers.json").read_text())
    return tuple(
        tuple(named[layer, variable] for variable in range(sum(key[0] == layer for key in named)))
        for layer in range(count)
    )


def _ask(folder: Path, **asked: object) -> None:
    (folder / "request.json").write_text(json.dumps(asked))
