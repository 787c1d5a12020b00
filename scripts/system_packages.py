# SPDX-License-Identifier: Apache-2.0
"""Install the Debian packages that are missing; without the right to do so, say which they are and go on.

Runs with any Python 3.11, before there is a virtual environment. It reads the table that ``harness doctor`` reads.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness import proc
from harness.cli._dependencies import is_present, load_groups
from harness.errors import ToolError

_ASK_SECONDS = 10.0


def main() -> int:
    """Return 0 where all packages are here or could not be installed for want of rights, else apt's exit code."""
    missing = missing_packages()
    if not missing:
        return 0
    prefix = privilege()
    if prefix is None:
        print(f"Missing Debian packages: {' '.join(missing)}", file=sys.stderr)
        print(f"Install them with:\n  sudo apt-get install {' '.join(missing)}", file=sys.stderr)
        return 0
    print(f"Installing Debian packages: {' '.join(missing)}", flush=True)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    if os.environ.get("CI"):  # a machine that is thrown away needs no flush of every file
        apt += ["-o", "Dpkg::Options::=--force-unsafe-io"]
    return call([*apt, "update"]) or call([*apt, "install", "--no-install-recommends", *missing])


def missing_packages() -> list[str]:
    """Return the names of the packages that are missing, required and optional, in the table's order."""
    dependencies = [item for group in load_groups() if group.source == "debian" for item in group.dependencies]
    missing = [item.name for item in dependencies if not is_present(item)]
    if find_spec("ensurepip") is None:  # Debian packs a part of Python's library apart
        missing.append("python3-venv")
    return missing


def privilege() -> list[str] | None:
    """Return what to put before apt-get: nothing for root, sudo where it asks no password, None where neither is."""
    if proc.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    try:
        allowed = proc.run(["sudo", "-n", "true"], timeout_seconds=_ASK_SECONDS).exit_code == 0
    except ToolError:
        return None
    return ["sudo", "-n"] if allowed else None


def call(command: list[str]) -> int:
    """Run a command with its output on this terminal; return its exit code."""
    child = proc.start(command, stdout=None, stderr=None)
    try:
        return child.wait()
    finally:
        proc.stop(child)


if __name__ == "__main__":
    sys.exit(main())
