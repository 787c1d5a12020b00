# SPDX-License-Identifier: Apache-2.0
"""Handlers of pyserial URLs."""
