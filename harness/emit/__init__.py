# SPDX-License-Identifier: Apache-2.0
"""Text of a firmware project from its templates."""
