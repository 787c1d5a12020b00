# SPDX-License-Identifier: Apache-2.0
"""Names of the counter's classes of Thumb-2 instructions, in the order of its records (``plugin/classes.h``)."""

from __future__ import annotations

# Each instruction is in exactly one of these.
_INSTRUCTIONS = (
    *("alu", "alu_shift", "extend", "mov_imm", "mul", "mla", "simd_mac", "dsp_alu", "mull", "mlal", "div"),
    *("load", "load_pipelined", "load_wb", "store", "store_reg", "store_after_mem", "ldm", "stm", "ldrd", "strd"),
    *("bcond", "b", "table_branch", "call", "bx", "it"),
    *("f_alu", "f_mac", "f_div", "f_mov", "f_ld", "f_st", "fldm", "vector", "lob", "misc"),
)
# What is known of some of them besides: registers, outcomes, and what delays them.
_BESIDES = (
    *("ldm_regs", "stm_regs", "fldm_regs", "pc_load", "bcond_taken"),
    *("addr_dep", "region_change", "unaligned_ld", "unaligned_st"),
)
RECORDED = (*_INSTRUCTIONS, *_BESIDES)

# Reads of flash, a word or less each, literals too: those that begin where the one before ended, and the others.
FLASH_SEQUENTIAL = "flash_sequential"
FLASH_SCATTERED = "flash_scattered"

INSTRUCTION_CLASSES = frozenset(_INSTRUCTIONS)
CLASSES = (*RECORDED, FLASH_SEQUENTIAL, FLASH_SCATTERED)
