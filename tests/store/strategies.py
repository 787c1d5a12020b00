# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies of all records."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.records import (
    Artifact,
    Candidate,
    CompressionStep,
    Deployment,
    Failure,
    Firmware,
    FlashUse,
    How,
    LayerProfile,
    Measurement,
    Quantity,
    RamUse,
    Reference,
    Section,
    Verification,
)

TEXT = st.text(max_size=12)
HASHES = st.text(alphabet="0123456789abcdef", min_size=64, max_size=64)
COUNTS = st.integers(min_value=0, max_value=2**40)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(min_value=-(2**53), max_value=2**53)
SCALARS = TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
PARAMETERS = st.lists(st.tuples(TEXT, SCALARS), max_size=3).map(tuple)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
COUNT_PAIRS = st.lists(st.tuples(TEXT, COUNTS), max_size=2).map(tuple)

QUANTITIES = st.builds(
    Quantity,
    value=FLOATS,
    unit=TEXT,
    how=st.sampled_from(How),
    source=TEXT,
    low=st.none() | FLOATS,
    high=st.none() | FLOATS,
)
STEPS = st.lists(st.builds(CompressionStep, name=TEXT, parameters=PARAMETERS), max_size=3).map(tuple)
CANDIDATES = st.builds(
    Candidate, task_key=HASHES, family=TEXT, parameters=PARAMETERS, compression=STEPS, seed=st.integers()
)
ARTIFACTS = st.builds(
    Artifact,
    sha256=HASHES,
    name=TEXT,
    size_bytes=COUNTS,
    candidate_key=st.none() | HASHES,
    metrics=st.lists(st.tuples(TEXT, FLOATS), max_size=3).map(tuple),
)
DEPLOYMENTS = st.builds(
    Deployment,
    artifact=HASHES,
    runtime=TEXT,
    runtime_version=TEXT,
    board=TEXT,
    board_key=HASHES,
    optimize=TEXT,
    plan=PAIRS,
)
FLASH = st.builds(FlashUse, weights_bytes=COUNTS, code_bytes=COUNTS, total_bytes=COUNTS)
SECTIONS = st.lists(st.builds(Section, name=TEXT, region=TEXT, address=COUNTS, size_bytes=COUNTS), max_size=3)
FIRMWARES = st.builds(
    Firmware,
    build_key=HASHES,
    deployment_key=HASHES,
    elf_sha256=HASHES,
    sections=SECTIONS.map(tuple),
    flash=FLASH,
    static_ram_bytes=COUNTS,
    model_ram_bytes=COUNTS,
    heap_bytes=COUNTS,
    toolchain=TEXT,
    flags=TEXT,
)
LAYERS = st.builds(
    LayerProfile,
    name=TEXT,
    op=TEXT,
    macs=COUNTS,
    instructions=st.none() | COUNTS,
    reads=COUNT_PAIRS,
    variant=TEXT,
)
MEASUREMENTS = st.builds(
    Measurement,
    id=HASHES,
    build_key=HASHES,
    deployment_key=HASHES,
    rig=TEXT,
    environment=PAIRS,
    instructions=st.none() | QUANTITIES,
    latency=st.none() | QUANTITIES,
    energy=st.none() | QUANTITIES,
    ram=st.builds(RamUse, model_bytes=COUNTS, stack_bytes=COUNTS, total_bytes=COUNTS),
    flash=FLASH,
    verification=st.builds(
        Verification,
        verified=st.booleans(),
        rule=TEXT,
        reference=st.builds(Reference, package=TEXT, version=TEXT, kernels=TEXT),
        inputs=COUNTS,
        layers=COUNTS,
    ),
    layers=st.lists(LAYERS, max_size=3).map(tuple),
    output_sha256=HASHES,
    input_sha256=HASHES,
    samples_us=st.lists(FLOATS, max_size=3).map(tuple),
    time=TEXT,
)
FAILURES = st.builds(
    Failure,
    id=HASHES,
    belongs_to=HASHES,
    stage=TEXT,
    kind=TEXT,
    message=TEXT,
    log_sha256=st.none() | HASHES,
    violation=FLOATS,
    board=TEXT,
    time=TEXT,
)
RECORDS = CANDIDATES | ARTIFACTS | DEPLOYMENTS | FIRMWARES | MEASUREMENTS | FAILURES
