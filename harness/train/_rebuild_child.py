# SPDX-License-Identifier: Apache-2.0
"""The process that tries a model of one's own in tf-keras: ``python -m harness.train._rebuild_child FOLDER``.

It reads what ``_given_child`` wrote, and writes lost.json: whether the rebuilt network answers alike, and why each
technique that cannot be applied to it is lost.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.compress import Network, load_technique
from harness.errors import BadModel, HarnessError
from harness.tasks import CornerSpace, Floats, keras
from harness.train._loading import float_outputs, tell_errors
from harness.train.given import no_training, read_weights
from harness.train.rebuild import rebuild

_ABSOLUTE, _RELATIVE = 1e-4, 1e-3


def main() -> None:
    """Rebuild one model, and try the techniques on it."""
    folder = Path(sys.argv[1])
    tell_errors(folder, lambda: _work(folder, **json.loads((folder / "try.json").read_text())))


def _work(folder: Path, *, native: bool, trust: bool, techniques: Sequence[str]) -> None:
    try:
        model = rebuild((folder / "config.json").read_text(), read_weights(folder), native=native, trust=trust)
        _require_alike(float_outputs(model, np.load(folder / "samples.npy")), np.load(folder / "outputs.npy"))
    except BadModel as error:
        lost = {name: str(error) for name in techniques if load_technique(name).STAGE == "network"}
        told = {"rebuilt": False, "lost": lost}
    else:
        tried = {name: _why_lost(name, model) for name in techniques}
        told = {"rebuilt": True, "lost": {name: why for name, why in tried.items() if why}}
    (folder / "lost.json").write_text(json.dumps(told))


def _require_alike(found: Floats, wanted: Floats) -> None:
    if found.shape != wanted.shape or not np.allclose(found, wanted, atol=_ABSOLUTE, rtol=_RELATIVE):
        off = "" if found.shape != wanted.shape else f", by up to {np.abs(found - wanted).max():.3g}"
        raise BadModel(f"rebuilt in tf-keras it answers otherwise{off}")


def _why_lost(name: str, model: Any) -> str:
    """Return why a technique cannot be applied; empty where it can. Nothing is trained."""
    technique, space = load_technique(name), CornerSpace(largest=False)
    technique.suggest(space)
    try:
        technique.apply(Network(model=model), space.taken, fine_tune=no_training, seed=0)
    except HarnessError as error:
        return str(error)
    except Exception as error:  # of tensorflow-model-optimization, which has none of its own
        return f"{type(error).__name__}: {error}"
    finally:
        keras().backend.clear_session()
    return ""


if __name__ == "__main__":
    main()
