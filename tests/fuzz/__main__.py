# SPDX-License-Identifier: Apache-2.0
"""Random networks by hand: ``python -m tests.fuzz --count 100 --types int8 --types float32 --board mps2_an386``.

Draws networks from the seed on, converts them, compares every layer with the reference kernels on the host and, with
``--board``, benches on that board what was equal there. ``--keep DIR`` keeps the models of what was not.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import harness
from harness.errors import DoesNotFit, HarnessError
from tests.fuzz.check import Converted, Finding, Verdict, Wanted, check_on_host, convert_all

TYPES = ("int8", "float32", "float16", "dynamic", "int16x8")


def main() -> None:
    """Run one session and print what was found."""
    options = _options()
    wanted = [
        Wanted(
            seed=options.seed + number,
            keras=options.keras[number % len(options.keras)],
            types=options.types[number // len(options.keras) % len(options.types)],
            batch=1 if (options.seed + number) % 3 else None,
        )
        for number in range(options.count)
    ]
    tally: Counter[str] = Counter()
    benched = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HARNESS_RESULTS"] = str(Path(scratch) / "results")
        for converted in convert_all(wanted, Path(scratch)):
            found = check_on_host(converted, Path(scratch))
            _take(found, converted, "host", tally, options.keep)
            if found.verdict == "equal":
                benched += 1
                for board in options.board if options.most is None or benched <= options.most else ():
                    _take(bench(converted, board), converted, board, tally, options.keep)
    for key, number in sorted(tally.items()):
        print(f"{number:6}  {key}")


def bench(converted: Converted, board: str) -> Finding:
    """Bench a network on an emulated board: eight inputs and every layer are verified there."""
    assert converted.model is not None
    try:
        harness.bench(converted.model, board=board, cache=False)
    except DoesNotFit as error:
        return Finding(wanted=converted.wanted, layers=converted.layers, verdict="refused", message=error.message)
    except HarnessError as error:
        message = f"{board}: {type(error).__name__}: {error}\n{error.log[-2000:]}"
        verdict: Verdict = "different" if isinstance(error, harness.errors.WrongAnswer) else "broken"
        return Finding(wanted=converted.wanted, layers=converted.layers, verdict=verdict, message=message)
    return Finding(wanted=converted.wanted, layers=converted.layers, verdict="equal")


def _take(found: Finding, converted: Converted, board: str, tally: Counter[str], keep: Path | None) -> None:
    tally[f"{board:14} {found.wanted.keras:9} {found.wanted.types:8} {found.verdict}"] += 1
    if found.verdict == "equal":
        return
    print(f"{board}: {found}\n    {found.layers}", flush=True)
    if keep is not None and converted.model is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{found.wanted.name}.tflite").write_bytes(converted.model)


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Random networks of Keras.")
    parser.add_argument("--seed", type=int, default=0, help="of the first network; the others follow it")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--types", action="append", choices=TYPES, help="repeat for several (default: all)")
    parser.add_argument("--keras", action="append", choices=("tf_keras", "keras"), help="default: both")
    parser.add_argument("--board", action="append", default=[], help="bench there too; repeat for several")
    parser.add_argument("--most", type=int, metavar="N", help="bench no more than N networks on each board")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the models that are not equal")
    found = parser.parse_args(arguments)
    found.types = found.types or list(TYPES)
    found.keras = found.keras or ["tf_keras", "keras"]
    return found


if __name__ == "__main__":
    main()
