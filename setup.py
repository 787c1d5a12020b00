# SPDX-License-Identifier: Apache-2.0
"""What pyproject.toml cannot say: the boards and firmware templates travel in the wheel, inside the package."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py

_ROOT = Path(__file__).resolve().parent
_DATA = ("boards", "firmware_templates")  # found by harness.settings.data_dir in a checkout and in a wheel


class BuildWithData(build_py):
    """Copy the data folders to harness/data; an editable install uses those of the checkout."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in _DATA:
            target = Path(self.build_lib) / "harness" / "data" / name
            copytree(
                _ROOT / name, target, dirs_exist_ok=True, ignore=ignore_patterns("__pycache__", "*.py[cod]", ".pio")
            )


setup(cmdclass={"build_py": BuildWithData})
