# SPDX-License-Identifier: Apache-2.0
"""What a report is asked about by name: a study, a file of ``harness bench --json``, or any record by its id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import UserError
from harness.records import Failure, Measurement
from harness.store import Store

_Taken = TypeVar("_Taken")


def find_results(texts: Sequence[str], store: Store) -> tuple[str, ...]:
    """Return the ids of the measurements and failures that names stand for, each once.

    A measurement or a failure is itself; a candidate, an artifact, a deployment or a firmware is the newest that came
    of it on each rig; a file of ``harness bench --json`` is what it holds. Raises UserError where there is none.
    """
    found = [identity for text in texts for identity in _results(text, store)]
    return tuple(dict.fromkeys(found))


def _results(text: str, store: Store) -> Iterable[str]:
    if text.endswith(".json"):
        return _of_file(Path(text))
    record = store.find(text)
    if isinstance(record, Measurement | Failure):
        return (record.id,)
    newest = _newest(store.results_of(record.key), store)
    if not newest:
        kind = type(record).__name__.lower()
        raise UserError(
            f"the {kind} {text} has neither a measurement nor a failure",
            hint=f"'harness show {text}' prints what the store has of it.",
        )
    return newest


def _newest(identities: Sequence[str], store: Store) -> tuple[str, ...]:
    """Return the last measurement of each deployment on each rig; the failures of what was never measured."""
    measured = store.get_many(Measurement, identities)
    failed = store.get_many(Failure, identities)
    last = {(measured[key].deployment_key, measured[key].rig): key for key in identities if key in measured}
    if last:
        return tuple(last.values())
    return tuple({(failed[key].board, failed[key].kind): key for key in identities if key in failed}.values())


def read_bench_file(path: Path, take: Callable[[Any], _Taken]) -> _Taken:
    """Return what ``take`` makes of a file of ``harness bench --json``.

    Raises UserError where the file cannot be read, or ``take`` does not find what it looks for.
    """
    try:
        return take(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is not what harness bench --json prints: {type(error).__name__}: {error}",
            hint=f"Make one with: harness bench MODEL.tflite --json > {path}",
        ) from error


def _of_file(path: Path) -> tuple[str, ...]:
    found = read_bench_file(
        path, lambda whole: tuple(result["measurement"] for result in whole["results"] if "measurement" in result)
    )
    if not found:
        raise UserError(f"{path} holds no measurement", hint="Each of its benches has failed.")
    return found
