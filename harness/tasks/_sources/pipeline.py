# SPDX-License-Identifier: Apache-2.0
"""The data of a task from pipelines of ``tf.data``, read whole into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.errors import BadTask
from harness.records import Parameters
from harness.tasks._base import Data, Split
from harness.tasks._sources.arrays import carve

_INFINITE = -1  # tf.data.INFINITE_CARDINALITY


def from_dataset(
    train: Any,
    test: Any,
    *,
    validation: Any = None,
    share: float = 0.2,
    seed: int = 0,
    classes: Sequence[str] = (),
    preprocessing: Parameters = (),
) -> Data:
    """Read pipelines that yield ``(inputs, targets)``, sample by sample or in batches; ``share`` validates without one.

    Targets of rank 0 are those of samples, others those of batches. A pipeline shall not augment what it yields, for it
    is read once. Raises BadTask for one without an end, or that yields anything else.
    """
    unseen = _read("test", test)
    if validation is None:
        seen, held = carve(_read("train", train), share, seed=seed)
    else:
        seen, held = _read("train", train), _read("validation", validation)
    return Data(train=seen, validation=held, test=unseen, classes=tuple(classes), preprocessing=preprocessing)


def _read(part: str, dataset: Any) -> Split:
    spec = getattr(dataset, "element_spec", None)
    if not (isinstance(spec, tuple) and len(spec) == 2 and all(hasattr(each, "shape") for each in spec)):
        raise BadTask(
            f"the pipeline of the {part} data yields {spec if spec is not None else type(dataset).__name__}",
            hint="It must be a tf.data.Dataset of (inputs, targets), each one tensor.",
        )
    if int(dataset.cardinality()) == _INFINITE:
        raise BadTask(f"the pipeline of the {part} data has no end", hint="Leave out repeat(), or add take(N).")
    pairs = list(dataset.as_numpy_iterator())
    if not pairs:
        raise BadTask(f"the pipeline of the {part} data yields nothing")
    join = np.stack if spec[1].shape.rank == 0 else np.concatenate
    inputs, targets = (join([pair[side] for pair in pairs]) for side in (0, 1))
    return Split(inputs=inputs.astype(np.float32), targets=targets)
