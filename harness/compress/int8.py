# SPDX-License-Identifier: Apache-2.0
"""Quantization to int8 after training: weights, activations, inputs and outputs.

Scales come from calibration with training data when the model is converted (Jacob et al., 2018, arXiv:1712.05877).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.compress._base import FineTune, Network, Stage
from harness.errors import UserError
from harness.records import Scalar
from harness.tasks import Space

SUMMARY = "int8 weights, activations, inputs and outputs, calibrated after training"
STAGE: Stage = "types"
GAIN_ON_DEVICE = True
NOTE = ""


def suggest(space: Space) -> None:
    """Take nothing: the technique has no parameters."""
    del space


def apply(network: Network, parameters: Mapping[str, Scalar], *, fine_tune: FineTune, seed: int) -> Network:
    """Return the same network, to be converted to int8. Raises UserError for any parameter."""
    del fine_tune, seed
    if parameters:
        raise UserError(f"int8 takes no parameters, but is given {', '.join(sorted(parameters))}")
    return replace(network, types="int8")
