# SPDX-License-Identifier: Apache-2.0
"""Operators of the ``codegen`` runtime, one module each, named after the TFLite operator in lower case."""
