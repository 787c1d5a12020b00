# SPDX-License-Identifier: Apache-2.0
"""The functions of the package's face, which the commands call. ``harness`` itself offers them, one by one."""
