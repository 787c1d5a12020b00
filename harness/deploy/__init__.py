# SPDX-License-Identifier: Apache-2.0
"""A model as a library of PlatformIO, for an application of one's own."""

from harness.deploy.flow import Deployed, deploy, find_model
from harness.deploy.library import Facts, library_files, write_library

__all__ = ["Deployed", "Facts", "deploy", "find_model", "library_files", "write_library"]
