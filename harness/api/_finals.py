# SPDX-License-Identifier: Apache-2.0
"""The final check within ``harness.run``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harness.canonical import to_plain
from harness.finals import (
    Cost,
    Finals,
    FinalsEvent,
    Measure,
    Waiting,
    claim_final_check,
    expected_cost,
    finals_request,
    run_finals,
)
from harness.search import Producer, SearchRequest, SearchResult
from harness.search.lease import Lease
from harness.store import Store

Listener: TypeAlias = Callable[[Waiting | Cost | FinalsEvent], None]  # told the cost, then what happens


def check_final(
    request: SearchRequest,
    found: SearchResult,
    *,
    final: int,
    seeds: int,
    store: Store,
    produce: Producer,
    measure: Measure,
    listen: Listener,
) -> None:
    """Check ``final`` candidates of the front as far as it was not done before; what it costs is told first.

    Where another process is at it, its end is waited for, and what is left done after that.
    """
    if final == 0 or not found.front:
        return
    wanted = finals_request(request, found, final=final, seeds=seeds)
    with Lease(store) as lease:
        claim_final_check(store, request.study, lease, waiting=lambda words: listen(Waiting(message=words)))
        listen(expected_cost(wanted, store))
        run_finals(wanted, store=store, produce=produce, measure=measure, listen=listen)


def finals_dict(finals: Finals) -> dict[str, Any]:
    """Return a final check as plain JSON values."""
    return {
        "trials": finals.trials,
        "seeds": finals.seeds,
        "metric": finals.metric,
        "survives": finals.survives,
        "candidates": [
            {
                "trial": each.trial,
                "survives": each.survives,
                "flags": to_plain(each.flags),
                "own": _model(to_plain(each.own)),
                "repeats": [_model(to_plain(repeat)) for repeat in each.repeats],
                "means": {mean.objective: {"value": mean.value, "how": mean.how.value} for mean in each.means},
                "spread": each.spread,
            }
            for each in finals.candidates
        ],
    }


def _model(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a model's record with its values by objective, as the front has them; the rest is told once, above."""
    values = {each["objective"]: {"value": each["value"], "how": each["how"]} for each in plain["values"]}
    left_out = ("schema", "trial", "trials", "metric")
    return {**{key: value for key, value in plain.items() if key not in left_out}, "values": values}
