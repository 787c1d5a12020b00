# SPDX-License-Identifier: Apache-2.0
"""Faster kernels for particular cores: each module has ``VARIANTS``, its template lies beside the operator's."""
