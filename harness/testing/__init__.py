# SPDX-License-Identifier: Apache-2.0
"""What authors of plugins test with: contract classes, small models, generated code on the host."""
