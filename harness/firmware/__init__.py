# SPDX-License-Identifier: Apache-2.0
"""Firmware: a PlatformIO project from a rendered model, the image built of it, and the figures in the image."""

from harness.firmware.builder import Building, BuiltImage, begin_build, build
from harness.firmware.project import Project, open_project, render_project

__all__ = ["Building", "BuiltImage", "Project", "begin_build", "build", "open_project", "render_project"]
