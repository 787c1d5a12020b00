# SPDX-License-Identifier: Apache-2.0
"""The process that reads a model of one's own: ``python -m harness.train._given_child FOLDER``.

It reads request.json and samples.npy. Asked for ``types``, it converts the model, calibrated with the samples, and
writes model.tflite; else it writes outputs.npy, config.json, layers.json (how many there are) and weights.npz (layer
and variable, both by number). Or error.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np

from harness.compress import Network, Types
from harness.errors import BadModel
from harness.train._loading import float_outputs, leaf_layers, load_model, tell_errors
from harness.train.convert import convert


def main() -> None:
    """Load one model, and take it apart or convert it."""
    folder = Path(sys.argv[1])
    tell_errors(folder, lambda: _work(folder, **json.loads((folder / "request.json").read_text())))


def _work(folder: Path, *, model: str, keras: str, trust: bool, types: str = "") -> None:
    samples = np.load(folder / "samples.npy")
    loaded, module = load_model(model, keras, trust=trust, shape=samples.shape[1:])
    if types:
        network = Network(model=loaded, types=cast(Types, types))
        (folder / "model.tflite").write_bytes(convert(network, samples, name=Path(model).name))
        return
    outputs = loaded.outputs
    if len(outputs) != 1:
        raise BadModel(f"{model} has {len(outputs)} outputs, but a task is scored by one")
    np.save(folder / "outputs.npy", float_outputs(loaded, samples))
    layers = leaf_layers(loaded)
    weights: dict[str, Any] = {
        f"{at}_{number}": np.asarray(values)
        for at, layer in enumerate(layers)
        for number, values in enumerate(layer.get_weights())
    }
    np.savez(folder / "weights.npz", **weights)
    (folder / "layers.json").write_text(str(len(layers)))
    (folder / "config.json").write_text(json.dumps(module.saving.serialize_keras_object(loaded)))


if __name__ == "__main__":
    main()
