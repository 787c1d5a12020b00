# SPDX-License-Identifier: Apache-2.0
"""Firmware: a PlatformIO project from a rendered model, the image built of it, and the figures in the image."""

from harness.firmware.builder import BuiltImage, build
from harness.firmware.elf import Figures, read_figures
from harness.firmware.project import Project, open_project, render_project

__all__ = ["BuiltImage", "Figures", "Project", "build", "open_project", "read_figures", "render_project"]
