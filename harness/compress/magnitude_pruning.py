# SPDX-License-Identifier: Apache-2.0
"""Magnitude pruning by tensorflow-model-optimization: the smallest weights of each layer become zero.

Shapes stay, so that a kernel for dense weights multiplies by the zeros: nothing is gained on the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.compress._base import FineTune, Network, Stage
from harness.errors import UserError
from harness.records import Scalar
from harness.tasks import Space, keras, model_optimization

SUMMARY = "the smallest weights of each layer become zero (tensorflow-model-optimization), then fine-tuned"
STAGE: Stage = "network"
GAIN_ON_DEVICE = False
SHAPES_STAY = True
CODE_FOLLOWS_WEIGHTS = True  # channels of zeros alone are left out of the code
NOTE = "buys nothing on the device until there are kernels for sparse weights: the zeros are stored and multiplied"

LOW, HIGH = 0.3, 0.9

_PRUNABLE = ("Conv2D", "Dense")


def suggest(space: Space) -> None:
    """Take ``sparsity``: the share of zeros in each layer's weights."""
    space.suggest_float("sparsity", LOW, HIGH)


def apply(network: Network, parameters: Mapping[str, Scalar], *, fine_tune: FineTune, seed: int) -> Network:
    """Return a copy with zeros for its smallest weights, fine-tuned with these held at zero.

    Raises UserError where ``sparsity`` is missing, no number, or out of bounds.
    """
    del seed  # which weights go is decided by their size alone
    sparsity = parameters.get("sparsity")
    if set(parameters) != {"sparsity"} or not isinstance(sparsity, (int, float)) or not 0 < sparsity < 1:
        raise UserError(f"magnitude_pruning takes a sparsity between 0 and 1, not {dict(parameters)}")
    pruning = model_optimization().sparsity.keras
    schedule = pruning.ConstantSparsity(float(sparsity), begin_step=0, frequency=1)

    def wrap(layer: Any) -> Any:
        """Wrap what has a kernel; a wrapper around anything else only makes each step slower."""
        if type(layer).__name__ in _PRUNABLE:
            return pruning.prune_low_magnitude(layer, pruning_schedule=schedule)
        return layer

    copy = keras().models.clone_model(network.model)  # the wrappers train the very layers that they are given
    copy.set_weights(network.model.get_weights())
    wrapped = keras().models.clone_model(copy, clone_function=wrap)
    fine_tune(wrapped, callbacks=(pruning.UpdatePruningStep(),))
    return replace(network, model=pruning.strip_pruning(wrapped))
