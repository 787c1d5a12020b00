/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instruction does to memory, by its encoding, so that the usual ones are counted quickly. Whatever is not
 * recognised may do anything, and is counted by what QEMU says of each access. (Armv7-M Architecture Reference Manual,
 * Arm DDI 0403, A5; RISC-V Instruction Set Manual, volume I, the listings of RV32 and of the compressed instructions;
 * Xtensa Instruction Set Architecture Reference Manual, chapter 7.)
 */
#ifndef INSTRUCTION_SETS_H
#define INSTRUCTION_SETS_H

#include <stdint.h>

typedef enum {
  ANYTHING,
  PLAIN,  /* arithmetic or a branch: neither accesses memory nor raises an exception */
  STORES, /* reads nothing */
  STORES_2, /* one element of so many bytes, at any address */
  STORES_4,
  READS_1, /* accesses of so many bytes each, all of them reads */
  READS_2,
  READS_4,
  EFFECTS
} effect_t;

static inline effect_t reads_of_size(unsigned int shift) {
  static const effect_t effects[4] = {READS_1, READS_2, READS_4, ANYTHING};
  return effects[shift & 3u];
}

static inline effect_t thumb16_effect(uint16_t code) {
  static const effect_t with_register_offset[8] = {STORES_4, STORES_2, STORES,  READS_1,
                                                   READS_4,  READS_2,  READS_1, READS_2};
  switch (code >> 11) {
  case 0x08: /* arithmetic in registers, BX */
    return PLAIN;
  case 0x09: /* LDR of a literal */
  case 0x0D: /* LDR with immediate offset */
  case 0x13: /* LDR from the stack */
  case 0x19: /* LDM */
    return READS_4;
  case 0x0A: /* with register offset */
  case 0x0B:
    return with_register_offset[(code >> 9) & 7];
  case 0x0F:
    return READS_1;
  case 0x11:
    return READS_2;
  case 0x0C: /* STR */
    return STORES_4;
  case 0x10: /* STRH */
    return STORES_2;
  case 0x0E: /* STRB, STR to the stack, STM */
  case 0x12:
  case 0x18:
    return STORES;
  case 0x16: /* of the many here: SP arithmetic, compare and branch, extensions; PUSH */
    return (code & 0xFE00) == 0xB400 ? STORES : (code & 0xFE00) == 0xB600 ? ANYTHING : PLAIN;
  case 0x17: /* POP, compare and branch, reversals, IT and NOP; not BKPT, not WFI and its like */
    if ((code & 0xFE00) == 0xBC00) {
      return (code & 0x0100) != 0 ? ANYTHING : READS_4; /* with PC, it may return from an exception */
    }
    return (code & 0xFD00) == 0xB900 || ((code & 0xFF00) == 0xBA00 && (code & 0x00C0) != 0x0080) || code == 0xBF00 ||
                   ((code & 0xFF00) == 0xBF00 && (code & 0x000F) != 0)
               ? PLAIN
               : ANYTHING;
  case 0x1A: /* conditional branch */
    return PLAIN;
  case 0x1B: /* conditional branch; not UDF and SVC */
    return code < 0xDE00 ? PLAIN : ANYTHING;
  default: /* shifts, additions, comparisons; addresses from PC and SP; unconditional branch */
    return PLAIN;
  }
}

static inline effect_t thumb_effect(uint16_t first, uint16_t second) {
  if (first < 0xE800) {
    return thumb16_effect(first);
  }
  switch (first >> 8) {
  case 0xE8: /* LDM, LDRD, and what stores as much; not exclusive accesses, table branches */
  case 0xE9:
    if ((first & 0x0040) != 0 ? (first & 0x0120) == 0 : (first & 0x0010) != 0 && (second & 0x8000) != 0) {
      return ANYTHING;
    }
    return (first & 0x0010) != 0 ? READS_4 : STORES;
  case 0xEA: /* shifted register */
  case 0xEB:
  case 0xFA: /* register */
  case 0xFB: /* multiplication; a division by zero gives zero unless it was made to trap */
    return PLAIN;
  case 0xF8: /* one element; a load to PC may return from an exception */
  case 0xF9:
    if ((first & 0x0010) != 0) {
      return (second >> 12) == 15 ? ANYTHING : reads_of_size((first >> 5) & 3u);
    }
    return ((first >> 5) & 3u) == 2 ? STORES_4 : ((first >> 5) & 3u) == 1 ? STORES_2 : STORES;
  default: /* immediate; BL and long branches, but not what else stands between them */
    return (first >> 11) == 0x1E && ((second & 0x8000) == 0 || (second & 0x9000) == 0x9000) ? PLAIN : ANYTHING;
  }
}

static inline effect_t riscv_effect(uint16_t first) {
  unsigned int function = first >> 13;
  switch (first & 3u) {
  case 0: /* the address of a stack slot, C.LW, C.SW */
    return function == 0 && first != 0 ? PLAIN : function == 2 ? READS_4 : function == 6 ? STORES : ANYTHING;
  case 1:
    return PLAIN;
  case 2: /* shift; move, add and jumps, but not EBREAK; C.LWSP, C.SWSP */
    return function == 0 || (function == 4 && first != 0x9002) ? PLAIN
           : function == 2                                     ? READS_4
           : function == 6                                     ? STORES
                                                               : ANYTHING;
  default:
    break;
  }
  switch ((first >> 2) & 0x1Fu) { /* 32 bits, by major opcode */
  case 0x00:
    return reads_of_size((first >> 12) & 3u);
  case 0x08:
    return STORES;
  case 0x04: /* arithmetic and upper immediates */
  case 0x05:
  case 0x0C:
  case 0x0D:
  case 0x18: /* branches and jumps */
  case 0x19:
  case 0x1B:
    return PLAIN;
  default:
    return ANYTHING;
  }
}

/* Three bytes: those without an operand in memory. */
static inline effect_t xtensa_rst_effect(unsigned int first, unsigned int op1, unsigned int op2) {
  unsigned int r = first >> 12, m = first >> 6 & 3u, n = first >> 4 & 3u;
  switch (op1) {
  case 0:
    if (op2 == 0) { /* of the many here: RET and JX, CALLX0 */
      return r == 0 && ((m == 2 && n != 1) || (m == 3 && n == 0)) ? PLAIN : ANYTHING;
    }
    if (op2 == 4) { /* the amount of a shift; normalisation */
      return r <= 4 || r >= 14 ? PLAIN : ANYTHING;
    }
    return op2 == 5 || op2 == 7 ? ANYTHING : PLAIN; /* logic, addition, subtraction */
  case 1: /* shifts, products of 16 bits; not XSR */
    return op2 <= 4 || (op2 >= 8 && op2 <= 13) ? PLAIN : ANYTHING;
  case 2: /* MULL */
    return op2 == 8 ? PLAIN : ANYTHING;
  case 3: /* conditional moves; not special registers */
    return op2 >= 8 && op2 <= 11 ? PLAIN : ANYTHING;
  case 4: /* EXTUI */
  case 5:
    return PLAIN;
  default:
    return ANYTHING;
  }
}

/* Little-endian, of the options only those of an LX106. */
static inline effect_t xtensa_effect(uint16_t first, uint16_t second) {
  static const effect_t with_offset[16] = {[0] = READS_1, [1] = READS_2, [2] = READS_4, [4] = STORES,  [5] = STORES,
                                           [6] = STORES,  [9] = READS_2, [10] = PLAIN,  [12] = PLAIN, [13] = PLAIN};
  unsigned int r = first >> 12, m = first >> 6 & 3u, n = first >> 4 & 3u, t = first >> 4 & 15u;
  switch (first & 15u) {
  case 0x0:
    return xtensa_rst_effect(first, second & 15u, second >> 4 & 15u);
  case 0x1: /* L32R */
  case 0x8: /* L32I.N */
    return READS_4;
  case 0x2: /* loads, stores, MOVI, ADDI; what is not named may do anything */
    return with_offset[r];
  case 0x5: /* CALL0, but none that moves the window */
    return n == 0 ? PLAIN : ANYTHING;
  case 0x6: /* jumps and branches; not ENTRY, not loops */
    return n != 3 || m >= 2 ? PLAIN : ANYTHING;
  case 0x7: /* branches */
  case 0xA: /* ADD.N, ADDI.N, MOVI.N and branches */
  case 0xB:
  case 0xC:
    return PLAIN;
  case 0x9: /* S32I.N */
    return STORES;
  case 0xD: /* MOV.N, RET.N, NOP.N */
    return r == 0 || (r == 15 && (t == 0 || t == 3)) ? PLAIN : ANYTHING;
  default:
    return ANYTHING;
  }
}

#endif
