# SPDX-License-Identifier: Apache-2.0
"""A broken layer is broken in the generated text alone, and shows first in that layer's output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.boards import load_board
from harness.reference import Golden, standard_inputs
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import build_host
from harness.testing.mutation import break_layer
from tests.runtimes.models import small_network

MODEL = small_network()
RENDERED = RUNTIME.render(MODEL, load_board("host"), name="net")


@pytest.mark.parametrize("layer", range(len(RENDERED.layers)))
def test_the_first_layer_that_differs_is_the_broken_one(layer: int, tmp_path: Path) -> None:
    broken = break_layer(RENDERED, layer)
    (port,) = RENDERED.inputs
    inputs = [[array] for _, array in standard_inputs(port.dtype, port.shape, port.zero_point)]
    tensors = [info.output.tensor for info in RENDERED.layers]
    golden = Golden(MODEL)
    first: set[int] = set()
    for feed, run in zip(inputs, build_host(broken, tmp_path, flags=("-O1",)).run(inputs), strict=True):
        wanted = golden.tensors(feed, tensors)
        equal = [np.array_equal(got, wanted[index]) for got, index in zip(run.layers, tensors, strict=True)]
        if not all(equal):
            first.add(equal.index(False))
    assert first == {layer}


def test_one_file_changes_by_one_line() -> None:
    broken = break_layer(RENDERED, 0)
    assert {name for name in RENDERED.files if RENDERED.files[name] != broken.files[name]} == {"net.c"}
    pairs = zip(RENDERED.files["net.c"].splitlines(), broken.files["net.c"].splitlines(), strict=True)
    assert sum(before != after for before, after in pairs) == 1
