# SPDX-License-Identifier: Apache-2.0
"""Damaged files of models with state become code or a named error, never anything else."""

from __future__ import annotations

import random

import numpy as np
import pytest

from harness.boards import load_board
from harness.errors import BadModel, DoesNotFit, UnsupportedModel
from harness.runtimes.codegen import RUNTIME
from tests.fuzz.damage import mutate
from tests.ops.test_svdf import model as svdf
from tests.ops.test_unidirectional_sequence_lstm import layer
from tests.tflite.test_state import state_model

_SEED = 73
_HOST = load_board("host")
_MODELS = {
    "variables": state_model(),
    "lstm int8": layer(np.random.default_rng(1), "int8", 3).model(),
    "lstm hybrid": layer(np.random.default_rng(1), "hybrid", 2).model(version=3),
    "svdf int8": svdf(np.random.default_rng(1), "int8", 1),
}


def outcome(data: bytes) -> str:
    try:
        RUNTIME.render(data, _HOST, name="damaged")
    except (BadModel, UnsupportedModel, DoesNotFit) as error:
        return type(error).__name__
    return "code"


def outcomes(name: str, count: int) -> set[str]:
    rng = random.Random(_SEED)
    return {outcome(mutate(_MODELS[name], rng)) for _ in range(count)}


@pytest.mark.parametrize("name", sorted(_MODELS))
def test_damaged_models_with_state_become_code_or_a_named_error(name: str) -> None:
    assert {"code", "BadModel", "UnsupportedModel"} <= outcomes(name, 120)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(_MODELS))
def test_many_more_damaged_models_with_state_become_code_or_a_named_error(name: str) -> None:
    assert {"code", "BadModel", "UnsupportedModel"} <= outcomes(name, 5_000)
