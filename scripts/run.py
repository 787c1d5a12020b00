# SPDX-License-Identifier: Apache-2.0
"""``harness run`` that may be called again: it goes on with a study that exists, and begins one that does not."""

from __future__ import annotations

import argparse
import sys

from harness.cli.app import run
from harness.settings import results_dir
from harness.store import open_store


def main(arguments: list[str]) -> int:
    """Run ``harness run`` with these arguments, of which ``--study`` is one, and return its exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--study", required=True)
    study = parser.parse_known_args(arguments)[0].study
    with open_store(results_dir()) as store:
        exists = study in {known.name for known in store.studies()}
    return run(["run", *arguments, *(["--resume"] if exists else [])])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
