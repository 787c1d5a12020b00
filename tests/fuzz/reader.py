# SPDX-License-Identifier: Apache-2.0
"""Damaged files by hand: ``python -m tests.fuzz.reader --count 1000000 [--kernels] [--keep DIR]``.

Whatever the bytes, the reader ends in a graph or in a named error, within 2 s of the processor and 100 MB above the
start; with ``--kernels`` the choice and lowering of kernels does, too, within 1 GB. The files are those of ``mutate``,
made of a small model, one with state, the sample, the reference models where present, and a model of every operator and
type; with ``--atheris`` they are what that library finds, guided by the lines that are reached (``pip install
atheris``).
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import FunctionType

from tests.conftest import ROOT
from tests.fuzz.damage import guard, lower, mutate, outcome_of, read_all

MOST_BYTES = 100 * 1024 * 1024  # above the start
_MOST_BYTES_OF_KERNELS = 1024 * 1024 * 1024  # the elements of a tensor are numbered one by one
_REPORT_SECONDS = 30.0
_LARGE_BYTES = 16_384  # a file beyond it is drawn less often: most of it are weights
_RARELY = 20
_INSTRUMENTED = ("harness.tflite.", "harness.graph.", "harness.passes.", "harness.memory.", "harness.ops.")


@dataclass(slots=True, kw_only=True)
class Session:
    """What came of the files so far."""

    take: Callable[[bytes], None]
    keep: Path | None
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    def feed(self, data: bytes) -> None:
        """Take one file; anything but a graph or a named error is told, once a kind, and kept."""
        started = time.process_time()
        try:
            with guard():
                self.outcomes[outcome_of(data, self.take)] += 1
        except Exception as error:  # whatever it is, it is a finding
            self._fault(data, error)
        self.slowest_seconds = max(self.slowest_seconds, time.process_time() - started)

    def _fault(self, data: bytes, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        self.outcomes["fault"] += 1
        self.faults[where] += 1
        if self.faults[where] > 1:
            return
        print(f"{where}: {str(error)[:300]}", file=sys.stderr, flush=True)
        if self.keep is not None:
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / f"{where.replace(' ', '_').replace(':', '_')}.tflite").write_bytes(data)

    def __str__(self) -> str:
        told = [f"{name} {count:,}" for name, count in sorted(self.outcomes.items())]
        return f"{self.outcomes.total():,} files: {', '.join(told)}; slowest {self.slowest_seconds:.3f} s"


def main() -> None:
    """Run one session; ends with 1 where there was a fault."""
    options = _options()
    session = Session(take=lower if options.kernels else read_all, keep=options.keep)
    seeds = whole_files()
    if options.atheris:
        _guided(session, seeds, options.count, options.corpus)
        return
    most_bytes = _MOST_BYTES_OF_KERNELS if options.kernels else MOST_BYTES
    random_files(session, seeds, options.count, options.seed, most_bytes)
    print(session)
    for where, count in session.faults.most_common():
        print(f"{count:8,}  {where}")
    sys.exit(bool(session.faults))


def random_files(session: Session, seeds: Sequence[bytes], count: int, seed: int, most_bytes: int) -> None:
    """Feed damaged files to a session, while this process may grow by so many bytes."""
    rng = random.Random(seed)
    small = [data for data in seeds if len(data) <= _LARGE_BYTES]
    for data in seeds:
        session.feed(data)
    began = _peak_bytes()
    told = time.monotonic()
    with _memory_limit(most_bytes):
        while session.outcomes.total() < count:
            session.feed(mutate(rng.choice(small if rng.randrange(_RARELY) else seeds), rng))
            if time.monotonic() > told + _REPORT_SECONDS:
                told = time.monotonic()
                print(session, flush=True)
    print(f"memory grew by {(_peak_bytes() - began) / 2**20:.1f} MB at most")


@contextmanager
def _memory_limit(most_bytes: int) -> Iterator[None]:
    """Let this process grow by so many bytes and no more: what wants more ends in MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def whole_files() -> list[bytes]:
    """Return the files that are damaged: models whose every part something looks at."""
    from tests.tflite.build import pack, small_model
    from tests.tflite.test_state import state_model

    shared = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared") / "models"
    paths = [ROOT / "examples" / "digits.tflite", *sorted(shared.glob("*.tflite"))]
    return [pack(small_model()), state_model(), *(path.read_bytes() for path in paths), *_operators()]


def _operators() -> list[bytes]:
    from harness.testing.operators import OperatorContract
    from tests.ops.contracts import contracts

    return [
        model
        for contract in contracts(OperatorContract)
        for dtype in contract.dtypes
        for model in contract().models(dtype, 2)
    ]


def _guided(session: Session, seeds: Sequence[bytes], count: int, corpus: Path) -> None:
    """Let atheris choose the files. It never returns: at the end it ends this process."""
    try:
        atheris = importlib.import_module("atheris")
    except ModuleNotFoundError:
        raise SystemExit("atheris is not installed: pip install atheris, or leave --atheris away") from None
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds:
        if len(data) <= _LARGE_BYTES:
            (corpus / sha256(data).hexdigest()[:16]).write_bytes(data)
    told = time.monotonic()

    def one(data: bytes) -> None:
        nonlocal told
        session.feed(data)
        if time.monotonic() > told + _REPORT_SECONDS or session.outcomes.total() == count:
            told = time.monotonic()
            print(session, dict(session.faults), flush=True)

    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        if (function.__module__ or "").startswith(_INSTRUMENTED):
            atheris.instrument_func(function)
    limit = (_peak_bytes() + 4 * MOST_BYTES) // 2**20  # the corpus and what was reached are held, too
    atheris.Setup([sys.argv[0], f"-runs={count}", "-timeout=20", f"-rss_limit_mb={limit}", str(corpus)], one)
    atheris.Fuzz()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.reader", description="Damaged model files.")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernels", action="store_true", help="choose and lower the kernels, too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep a file for each kind of fault")
    parser.add_argument("--atheris", action="store_true", help="let atheris choose the files")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"), help="of atheris (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
