# SPDX-License-Identifier: Apache-2.0
"""Random networks of tf-keras and Keras 3: what converts is right, layer by layer on the host, and on cores.

``python -m tests.fuzz`` runs more of them, from other seeds.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.testing.board import missing_tools
from tests.fuzz.__main__ import bench
from tests.fuzz.check import Converted, Finding, Wanted, check_on_host, convert_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("tf_keras") is None, reason="the training stack is not installed"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs"),
]

SEED = 7_000
TYPES = ("int8", "float32", "float16", "dynamic", "int16x8")
NETWORKS = 240
ON_A_BOARD = 40
BOARDS = ("mps2_an386", "mps2_an385", "mps3_an547", "riscv32_virt", "xtensa_lx106_sim")

# What cannot run, and says so: unrolled is the way for recurrent layers.
REFUSALS = ("WHILE", "CONV_3D")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> list[Converted]:
    """Networks of both Keras in all types, every third with a free batch."""
    flavours = [name for name in ("tf_keras", "keras") if find_spec(name) is not None]
    wanted = [
        Wanted(
            seed=SEED + number,
            keras=flavours[number % len(flavours)],
            types=TYPES[number // len(flavours) % len(TYPES)],
            batch=None if number % 3 == 0 else 1,
        )
        for number in range(NETWORKS)
    ]
    return list(convert_all(wanted, tmp_path_factory.mktemp("networks")))


@pytest.fixture(scope="module")
def findings(networks: list[Converted], tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    folder = tmp_path_factory.mktemp("host")
    return [check_on_host(network, folder) for network in networks]


def test_every_network_that_converts_equals_the_reference_or_is_refused_by_name(findings: list[Finding]) -> None:
    faults = [str(found) for found in findings if found.verdict in ("different", "broken")]
    assert not faults, "\n".join(faults)
    refused = [found.message for found in findings if found.verdict == "refused"]
    assert not [message for message in refused if not any(name in message for name in REFUSALS)]


def test_most_networks_are_built_converted_and_run(findings: list[Finding]) -> None:
    equal = [found for found in findings if found.verdict == "equal"]
    assert len(equal) >= NETWORKS * 3 // 4
    assert {found.wanted.types for found in equal} == set(TYPES)


@pytest.mark.parametrize("board", BOARDS)
def test_networks_are_verified_on_a_core(
    board: str, networks: list[Converted], findings: list[Finding], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing_tools(board):
        pytest.skip(reason)
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path))
    first = BOARDS.index(board)
    equal = [network for network, found in zip(networks, findings, strict=True) if found.verdict == "equal"]
    chosen = equal[first :: len(equal) // ON_A_BOARD][:ON_A_BOARD]
    assert len(chosen) == ON_A_BOARD
    faults = [str(found) for network in chosen if (found := bench(network, board)).verdict != "equal"]
    assert not faults, "\n".join(faults)
