# SPDX-License-Identifier: Apache-2.0
"""The commands that make again what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from harness.boards import Board
from harness.records import Deployment, Measurement
from harness.report.standing import StudyFacts

_DIRECTIONS = {"minimize": "min", "maximize": "max"}


def bench_command(deployment: Deployment, measurement: Measurement, file: str, board: Board | None) -> str:
    """Return the command that measures a model's file as this measurement did, with the kernels that are default."""
    words = ["harness", "bench", file, "--board", deployment.board]
    if deployment.runtime != "codegen":
        words += ["--runtime", deployment.runtime]
    if deployment.optimize in ("balanced", "size"):
        words += ["--optimize", deployment.optimize]
    if board is not None and board.kind == "real" and "emulator" in dict(measurement.environment):
        words.append("--estimate")
    return shlex.join(words)


def deploy_command(identity: str, board: str) -> str:
    """Return the command that writes a candidate or a model as a library."""
    return shlex.join(["harness", "deploy", identity[:12], "--board", board, "--to", "my_model"])


def search_command(name: str, config: Mapping[str, Any], facts: StudyFacts) -> str:
    """Return the command that searches again as a study did, for as many trials."""
    words = ["harness", "run", "--study", f"{name}_again", "--task", str(config.get("task", ""))]
    words += ["--model", str(config["model"])] if "model" in config else []
    for board in config.get("boards", ()):
        words += ["--board", str(board)]
    for objective in facts.objectives:
        words += ["--objective", f"{objective.name}:{_DIRECTIONS[objective.direction]}{_at(objective.board)}"]
    for limit in facts.limits:
        words += ["--limit", f"{limit.name}{_at(limit.board)}{limit.sense}{limit.bound:.10g}"]
    for technique in config.get("techniques", ()):
        words += ["--compress", str(technique)]
    for option, default in (("driver", "optuna"), ("sampler", "tpe")):
        words += [f"--{option}", str(config[option])] if config.get(option, default) != default else []
    words += ["--no-gates"] if facts.limits and not config.get("gates") else []
    words += [] if config.get("halving") or "model" in config else ["--no-halving"]
    options = config.get("options", {})
    words += ["--estimate"] if options.get("estimate") else []
    words += ["--optimize", str(options["optimize"])] if "optimize" in options else []
    return shlex.join([*words, "--seed", str(config.get("seed", 0)), "--trials", str(len(facts.finished))])


def _at(board: str | None) -> str:
    return "" if board is None else f"@{board}"
