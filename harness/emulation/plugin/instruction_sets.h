/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instructions certainly neither access memory nor raise an exception, by their encoding: those of arithmetic,
 * and branches. Whatever is not recognised may do so. (Armv7-M Architecture Reference Manual, Arm DDI 0403, A5;
 * RISC-V Instruction Set Manual, volume I, chapters "RV32/64G Instruction Set Listings" and "C".)
 */
#ifndef INSTRUCTION_SETS_H
#define INSTRUCTION_SETS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool thumb_is_plain(uint16_t first, uint16_t second) {
  if (first < 0xE800) { /* 16 bits */
    switch (first >> 12) {
    case 0x0: /* shifts, additions, subtractions, comparisons */
    case 0x1:
    case 0x2:
    case 0x3:
    case 0xA: /* addresses from PC and SP */
    case 0xE: /* unconditional branch */
      return true;
    case 0x4: /* arithmetic in registers, BX; not loads of literals */
      return first < 0x4800;
    case 0xB: /* of the many here: SP arithmetic, compare and branch, extensions, reversals, IT and hints but WFI ... */
      return (first & 0xFF00) == 0xB000 || (first & 0xF500) == 0xB100 || (first & 0xFF00) == 0xB200 ||
             ((first & 0xFF00) == 0xBA00 && (first & 0x00C0) != 0x0080) ||
             ((first & 0xFF00) == 0xBF00 && ((first & 0x000F) != 0 || first == 0xBF00));
    case 0xD: /* conditional branch; not UDF and SVC */
      return first < 0xDE00;
    default:
      return false;
    }
  }
  switch (first >> 8) {
  case 0xEA: /* shifted register */
  case 0xEB:
  case 0xFA: /* register */
  case 0xFB: /* multiplication; a division by zero gives zero unless it was made to trap */
    return true;
  default: /* immediate; BL and long branches, but not what else stands between them */
    return (first >> 11) == 0x1E && ((second & 0x8000) == 0 || (second & 0x9000) == 0x9000);
  }
}

static inline bool riscv_is_plain(uint16_t first) {
  unsigned int quadrant = first & 3u, function = first >> 13;
  switch (quadrant) {
  case 0: /* the address of a stack slot */
    return function == 0 && first != 0;
  case 1:
    return true;
  case 2: /* shift; move, add and jumps; not EBREAK */
    return function == 0 || (function == 4 && first != 0x9002);
  default: /* 32 bits: arithmetic and upper immediates, branches and jumps */
    switch ((first >> 2) & 0x1Fu) {
    case 0x04:
    case 0x05:
    case 0x0C:
    case 0x0D:
    case 0x18:
    case 0x19:
    case 0x1B:
      return true;
    default:
      return false;
    }
  }
}

#endif
