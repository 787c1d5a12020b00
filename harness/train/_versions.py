# SPDX-License-Identifier: Apache-2.0
"""What a trained model depends on beside its task: the versions of packages, and the code that trains."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.errors import UserError

_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy")
_CODE = ("train/*.py", "compress/*.py", "tasks/_*.py")


def training_stack() -> dict[str, str]:
    """Return the version of each package of the training stack, and the hash of the code that trains and compresses.

    Imports none of them. Raises UserError where one is not installed.
    """
    stack = {}
    for name in _PACKAGES:
        try:
            stack[name] = version(name)
        except PackageNotFoundError as error:
            hint = "Install it with: pip install 'mcu-harness[train]'"
            raise UserError(f"training needs the package {name}, which is not installed", hint=hint) from error
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent.parent
    for pattern in _CODE:
        for file in sorted(package.glob(pattern)):
            digest.update(f"{file.relative_to(package).as_posix()}\n".encode() + file.read_bytes())
    return {**stack, "harness": digest.hexdigest()}
