# SPDX-License-Identifier: Apache-2.0
"""Hardware-in-the-loop benchmarking and deployment of machine-learning models on microcontrollers."""

__version__ = "0.1.0"
