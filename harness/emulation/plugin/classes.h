/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes of Thumb-2 instructions, as tables of cycles tell them apart. Each instruction is in one of the first group;
 * the second group counts what is known of some instructions besides.
 */
#ifndef CLASSES_H
#define CLASSES_H

#include <stdbool.h>
#include <stdint.h>

/* The names, in the order of the records; _classes.py of the harness has the same. */
#define FOR_EACH_CLASS(X)                                                                                              \
  X(alu)            /* arithmetic, logic, shifts, comparisons, bit fields */                                           \
  X(alu_shift)      /* with a shifted operand; 32-bit shifts by an immediate */                                        \
  X(extend)         /* SXTB, UXTH, SXTB16, SBFX, UBFX */                                                               \
  X(mov_imm)        /* MOV, MVN, MOVW, MOVT of an immediate */                                                         \
  X(mul)            /* 32-bit product: MUL, SMULBB, SMMUL */                                                           \
  X(mla)            /* and an addition: MLA, MLS, SMLABB, SMMLA */                                                     \
  X(simd_mac)       /* two products: SMLAD, SMUAD, SMLALD */                                                           \
  X(dsp_alu)        /* SSAT, PKHBT, QADD, QADD16, SEL; SXTAB16 and other extensions with an addition */                \
  X(mull)           /* 64-bit product: SMULL, UMULL */                                                                 \
  X(mlal)           /* and an addition: SMLAL, UMLAL */                                                                \
  X(div)            /* SDIV, UDIV */                                                                                   \
  X(load)           /* LDR, LDRB ... of one register */                                                                \
  X(load_pipelined) /* straight behind a load of one register on which its address does not depend */                  \
  X(load_wb)        /* that changes its base register */                                                               \
  X(store)          /* STR, STRB ... of one register */                                                                \
  X(store_reg)      /* with a register as offset */                                                                    \
  X(store_after_mem) /* with an immediate offset, straight behind a load or a store */                                 \
  X(ldm)            /* LDM, POP */                                                                                     \
  X(stm)            /* STM, PUSH */                                                                                    \
  X(ldrd)                                                                                                              \
  X(strd)                                                                                                              \
  X(bcond)          /* conditional branch, CBZ, CBNZ, a branch or return in an IT block that is not taken */           \
  X(b)              /* unconditional branch, and whatever else writes the program counter */                           \
  X(table_branch)   /* TBB, TBH */                                                                                     \
  X(call)           /* BL, BLX */                                                                                      \
  X(bx)             /* BX */                                                                                           \
  X(it)                                                                                                                \
  X(f_alu)                                                                                                             \
  X(f_mac)                                                                                                             \
  X(f_div)          /* and square root */                                                                              \
  X(f_mov)          /* between core and floating-point registers */                                                    \
  X(f_ld)           /* VLDR, VSTR of a single */                                                                       \
  X(f_st)                                                                                                              \
  X(fldm)           /* VLDM, VSTM, VPUSH, VPOP; VLDR and VSTR of a double */                                           \
  X(vector)         /* MVE, and other coprocessors */                                                                                    \
  X(lob)            /* low-overhead loops: DLS, WLS, LE */                                                             \
  X(misc)           /* NOP, barriers, system registers, whatever is not recognised */                                  \
  X(ldm_regs)       /* second group: registers of LDM ... */                                                           \
  X(stm_regs)                                                                                                          \
  X(fldm_regs)                                                                                                         \
  X(pc_load)        /* LDM, POP or LDR that writes the program counter: a return or a jump */                          \
  X(bcond_taken)                                                                                                       \
  X(addr_dep)       /* the instruction before computed a register of the address */                                    \
  X(region_change)  /* load_pipelined that reads another memory than the load before it */                             \
  X(unaligned_ld)                                                                                                      \
  X(unaligned_st)

#define CLASS_NAME(name) CLASS_##name,
enum { FOR_EACH_CLASS(CLASS_NAME) CLASSES };

/* An instruction as its neighbours and its block see it. */
typedef struct {
  uint8_t name;           /* its class, as far as it is known without its neighbours */
  uint8_t registers;      /* of a multiple load or store */
  bool writes_pc;         /* by a load */
  bool jumps;             /* it ends a block: what follows it in memory is not what is executed next ... */
  bool may_fall_through;  /* ... unless its condition is false */
  uint16_t results;       /* registers that it computes, or that it loads, by bit */
  uint16_t address;       /* registers of its address */
} decoded_t;

/* Tell an instruction by its encoding (16-bit ones have no second halfword). */
decoded_t decode_thumb(uint16_t first, uint16_t second);

/* Return the class of an instruction executed straight behind another; `before` is NULL where that is not known. */
int class_behind(const decoded_t *before, const decoded_t *instruction);

/* Say whether an instruction has to wait for a register of its address. */
bool address_depends(const decoded_t *before, const decoded_t *instruction);

#endif
