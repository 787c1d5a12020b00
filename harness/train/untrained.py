# SPDX-License-Identifier: Apache-2.0
"""A candidate's model without its training: what it will need is mostly known before."""

from __future__ import annotations

from harness.compress import Network, apply_steps
from harness.records import Candidate
from harness.tasks import LoadedTask, keras
from harness.train.convert import FEW_SAMPLES, convert
from harness.train.given import convert_given, no_training
from harness.train.produce import SEEDS, build


def untrained(candidate: Candidate, loaded: LoadedTask) -> bytes:
    """Return the model of a candidate that was built, compressed and converted, but never trained.

    Its operators, tensors and their shapes are those of the trained model; weights and scales are not (an int8 model is
    calibrated with a few samples). Raises BadTask for a family or parameters that the task lacks, and what the steps
    and the conversion raise.
    """
    few = loaded.data.train.spread(FEW_SAMPLES).inputs
    if loaded.given is not None and not loaded.given.rebuilt:
        return convert_given(loaded.given, candidate, few)
    keras().backend.clear_session()
    keras().utils.set_random_seed(candidate.seed % SEEDS)
    network = Network(model=build(candidate, loaded))
    network = apply_steps(network, candidate.compression, fine_tune=no_training, seed=candidate.seed % SEEDS)
    model = convert(network, few, name=f"{loaded.name}-{candidate.family}-untrained")
    keras().backend.clear_session()
    return model
