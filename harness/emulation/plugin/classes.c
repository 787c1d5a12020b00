/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodings: Armv7-M Architecture Reference Manual, Arm DDI 0403, A5; Armv8-M, Arm DDI 0553, for LE and its like. */
#include "classes.h"

#include <stddef.h>

enum { SP = 13, PC = 15, NONE = 0 };

static unsigned int bits(uint16_t code, unsigned int low, unsigned int count) {
  return (code >> low) & ((1u << count) - 1u);
}

static uint16_t one(unsigned int number) { return (uint16_t)(1u << number); }

static decoded_t plain(int name, unsigned int results) {
  decoded_t result = {.name = (uint8_t)name, .results = (uint16_t)results};
  return result;
}

/* Arithmetic that may write the program counter, as MOV PC does. */
static decoded_t computes(int name, unsigned int number) {
  decoded_t result = plain(number == PC ? CLASS_b : name, one(number));
  result.jumps = number == PC;
  return result;
}

static decoded_t jump(int name) {
  decoded_t result = {.name = (uint8_t)name, .jumps = true, .may_fall_through = name == CLASS_bcond};
  return result;
}

static decoded_t memory_access(int name, uint16_t results, uint16_t address) {
  decoded_t result = {.name = (uint8_t)name, .results = results, .address = address};
  if (name != CLASS_store && name != CLASS_store_reg && (results & one(PC)) != 0) {
    result.writes_pc = result.jumps = true;
  }
  return result;
}

static decoded_t multiple(int name, unsigned int list, unsigned int base) {
  decoded_t result = memory_access(name, name == CLASS_ldm ? (uint16_t)list : NONE, one(base));
  result.registers = (uint8_t)__builtin_popcount(list);
  return result;
}

static decoded_t decode_arithmetic_16(uint16_t code) {
  enum { TST = 8, CMP = 10, CMN = 11, MUL = 13 };
  unsigned int operation = bits(code, 6, 4), number = bits(code, 0, 3);
  if (operation == TST || operation == CMP || operation == CMN) {
    return plain(CLASS_alu, NONE);
  }
  return plain(operation == MUL ? CLASS_mul : CLASS_alu, one(number));
}

static decoded_t decode_special_16(uint16_t code) {
  unsigned int number = bits(code, 0, 3) | (bits(code, 7, 1) << 3);
  switch (bits(code, 8, 2)) {
  case 1: /* CMP */
    return plain(CLASS_alu, NONE);
  case 3:
    return jump(bits(code, 7, 1) != 0 ? CLASS_call : CLASS_bx);
  default: /* ADD, MOV */
    return computes(CLASS_alu, number);
  }
}

static decoded_t decode_offset_16(uint16_t code) {
  uint16_t address = one(bits(code, 3, 3)) | one(bits(code, 6, 3));
  return bits(code, 9, 3) < 3 ? memory_access(CLASS_store_reg, NONE, address)
                              : memory_access(CLASS_load, one(bits(code, 0, 3)), address);
}

static decoded_t decode_misc_16(uint16_t code) {
  if ((code & 0xF500) == 0xB100) {
    return jump(CLASS_bcond); /* CBZ, CBNZ */
  }
  switch (bits(code, 8, 4)) {
  case 0x0:
    return plain(CLASS_alu, one(SP));
  case 0x2:
    return plain(CLASS_extend, one(bits(code, 0, 3)));
  case 0x4:
  case 0x5:
    return multiple(CLASS_stm, bits(code, 0, 9), SP);
  case 0xA: /* REV */
    return plain(CLASS_alu, one(bits(code, 0, 3)));
  case 0xC:
  case 0xD:
    return multiple(CLASS_ldm, bits(code, 0, 8) | (bits(code, 8, 1) << PC), SP);
  case 0xF:
    return plain(bits(code, 0, 4) != 0 ? CLASS_it : CLASS_misc, NONE);
  default:
    return plain(CLASS_misc, NONE);
  }
}

static decoded_t decode_16(uint16_t code) {
  uint16_t low = one(bits(code, 0, 3)), base = one(bits(code, 3, 3)), high = one(bits(code, 8, 3));
  switch (code >> 11) {
  case 0x04:
    return plain(CLASS_mov_imm, high);
  case 0x05: /* CMP */
    return plain(CLASS_alu, NONE);
  case 0x06: /* ADD, SUB of an immediate; addresses from PC and SP */
  case 0x07:
  case 0x14:
  case 0x15:
    return plain(CLASS_alu, high);
  case 0x08:
    return bits(code, 10, 1) == 0 ? decode_arithmetic_16(code) : decode_special_16(code);
  case 0x09:
    return memory_access(CLASS_load, high, NONE);
  case 0x0A:
  case 0x0B:
    return decode_offset_16(code);
  case 0x0C:
  case 0x0E:
  case 0x10:
    return memory_access(CLASS_store, NONE, base);
  case 0x0D:
  case 0x0F:
  case 0x11:
    return memory_access(CLASS_load, low, base);
  case 0x12:
    return memory_access(CLASS_store, NONE, one(SP));
  case 0x13:
    return memory_access(CLASS_load, high, one(SP));
  case 0x16:
  case 0x17:
    return decode_misc_16(code);
  case 0x18:
    return multiple(CLASS_stm, bits(code, 0, 8), bits(code, 8, 3));
  case 0x19:
    return multiple(CLASS_ldm, bits(code, 0, 8), bits(code, 8, 3));
  case 0x1A:
  case 0x1B: /* not UDF and SVC */
    return bits(code, 8, 4) < 14 ? jump(CLASS_bcond) : plain(CLASS_misc, NONE);
  case 0x1C:
    return jump(CLASS_b);
  default: /* shifts, additions */
    return plain(CLASS_alu, low);
  }
}

static decoded_t decode_pairs_and_lists(uint16_t first, uint16_t second) {
  bool loads = bits(first, 4, 1) != 0, changes_base = bits(first, 5, 1) != 0, before = bits(first, 8, 1) != 0;
  unsigned int base = bits(first, 0, 4);
  if (bits(first, 6, 1) == 0) {
    return multiple(loads ? CLASS_ldm : CLASS_stm, second, base);
  }
  if (before || changes_base) {
    uint16_t results = loads ? one(bits(second, 12, 4)) | one(bits(second, 8, 4)) : NONE;
    return memory_access(loads ? CLASS_ldrd : CLASS_strd, results, one(base));
  }
  if ((first & 0xFFF0) == 0xE8D0 && (second & 0x00E0) == 0) {
    return jump(CLASS_table_branch);
  }
  return memory_access(loads ? CLASS_load : CLASS_store, loads ? one(bits(second, 12, 4)) : NONE, one(base)); /* exclusive */
}

static decoded_t decode_shifted(uint16_t first, uint16_t second) {
  enum { ORR = 2, PKH = 6 };
  unsigned int operation = bits(first, 5, 4), number = bits(second, 8, 4);
  bool shifted = (second & 0x70F0) != 0, moves = operation == ORR && bits(first, 0, 4) == PC;
  int name = operation == PKH ? CLASS_dsp_alu : shifted && !moves ? CLASS_alu_shift : CLASS_alu;
  return plain(name, number == PC ? NONE : one(number)); /* PC stands for a comparison */
}

static decoded_t decode_immediate(uint16_t first, uint16_t second) {
  enum { ORR = 2, ORN = 3, MOVW = 0x4, MOVT = 0xC, SSAT = 0x10, SSAT16 = 0x12, USAT = 0x18, USAT16 = 0x1A };
  unsigned int number = bits(second, 8, 4), operation = bits(first, 5, 4);
  int name = CLASS_alu;
  if (bits(first, 9, 1) == 0) {
    name = (operation == ORR || operation == ORN) && bits(first, 0, 4) == PC ? CLASS_mov_imm : CLASS_alu;
  } else {
    operation = bits(first, 4, 5);
    name = operation == MOVW || operation == MOVT                                                            ? CLASS_mov_imm
           : operation == SSAT || operation == SSAT16 || operation == USAT || operation == USAT16 ? CLASS_dsp_alu
                                                                                                             : CLASS_alu;
  }
  return plain(name, number == PC ? NONE : one(number));
}

static decoded_t decode_branch(uint16_t first, uint16_t second) {
  switch (second & 0xD000) {
  case 0x8000:
    return bits(first, 7, 3) != 7 ? jump(CLASS_bcond) : plain(CLASS_misc, NONE);
  case 0x9000:
    return jump(CLASS_b);
  case 0xC000: { /* DLS only sets a loop up */
    decoded_t result = jump(CLASS_lob);
    result.jumps = result.may_fall_through = (second & 0x2000) == 0;
    return result;
  }
  default:
    return jump(CLASS_call);
  }
}

static decoded_t decode_single(uint16_t first, uint16_t second) {
  bool loads = bits(first, 4, 1) != 0, with_immediate = bits(first, 7, 1) != 0 || bits(second, 11, 1) != 0;
  bool changes_base = bits(first, 7, 1) == 0 && bits(second, 11, 1) != 0 && bits(second, 8, 1) != 0;
  unsigned int base = bits(first, 0, 4), target = bits(second, 12, 4);
  uint16_t address = base == PC ? NONE : one(base);
  if (base == PC) {
    return memory_access(CLASS_load, one(target), NONE);
  }
  if (!with_immediate) {
    address |= one(bits(second, 0, 4));
  }
  if (!loads) {
    return memory_access(with_immediate ? CLASS_store : CLASS_store_reg, NONE, address);
  }
  if (target == PC && bits(first, 5, 2) != 2) {
    return plain(CLASS_misc, NONE); /* PLD and its like */
  }
  return memory_access(changes_base ? CLASS_load_wb : CLASS_load, one(target), address);
}

static decoded_t decode_registers(uint16_t first, uint16_t second) {
  enum { REV = 9, CLZ = 11 };
  uint16_t result = one(bits(second, 8, 4));
  unsigned int operation = bits(first, 4, 4);
  if (operation < 8) {
    return plain(bits(second, 7, 1) != 0 ? CLASS_extend : CLASS_alu, result); /* or a shift by a register */
  }
  return plain(bits(second, 7, 1) != 0 && (operation == REV || operation == CLZ) ? CLASS_alu : CLASS_dsp_alu, result);
}

static decoded_t decode_multiplication(uint16_t first, uint16_t second) {
  static const uint8_t sums[8] = {CLASS_mla,      CLASS_mla, CLASS_simd_mac, CLASS_mla,
                                  CLASS_simd_mac, CLASS_mla, CLASS_mla,      CLASS_dsp_alu};
  unsigned int operation = bits(first, 4, 3), high = bits(second, 8, 4), low = bits(second, 12, 4);
  if (bits(first, 7, 1) == 0) { /* with PC as what is added, nothing is */
    return plain(sums[operation] == CLASS_mla && low == PC ? CLASS_mul : sums[operation], one(high));
  }
  switch (operation) {
  case 0:
  case 2:
    return plain(CLASS_mull, one(high) | one(low));
  case 1:
  case 3:
    return plain(CLASS_div, one(high));
  default:
    return plain(bits(second, 6, 2) == 3 ? CLASS_simd_mac : CLASS_mlal, one(high) | one(low));
  }
}

static decoded_t decode_float_access(uint16_t first, uint16_t second) {
  bool loads = bits(first, 4, 1) != 0, is_double = bits(second, 8, 1) != 0;
  uint16_t base = bits(first, 0, 4) == PC ? NONE : one(bits(first, 0, 4));
  decoded_t result = memory_access(CLASS_fldm, NONE, base);
  if ((first & 0x01A0) == 0) {
    return plain(CLASS_f_mov, NONE); /* two core registers */
  }
  if (bits(first, 8, 1) == 0 || bits(first, 5, 1) != 0) {
    result.registers = (uint8_t)bits(second, 0, 8);
  } else if (is_double) {
    result.registers = 2;
  } else {
    result.name = loads ? CLASS_f_ld : CLASS_f_st;
  }
  return result;
}

static decoded_t decode_coprocessor(uint16_t first, uint16_t second) {
  /* by bits 7, 5 and 4: VMLA, VNMLA, VMUL, VADD; VDIV, VFNMA, VFMA, the rest */
  static const uint8_t names[8] = {CLASS_f_mac, CLASS_f_mac, CLASS_f_alu, CLASS_f_alu,
                                   CLASS_f_div, CLASS_f_mac, CLASS_f_mac, CLASS_f_alu};
  if (bits(second, 9, 3) != 5) { /* not coprocessors 10 and 11 */
    return plain(CLASS_vector, NONE);
  }
  if ((first & 0x0200) == 0) {
    return decode_float_access(first, second);
  }
  if (bits(second, 4, 1) != 0) {
    return plain(CLASS_f_mov, NONE);
  }
  if ((first & 0x1000) != 0) { /* VSEL, VMAXNM, VRINT */
    return plain(CLASS_f_alu, NONE);
  }
  if ((first & 0x00BF) == 0x00B1 && (second & 0x00C0) == 0x00C0) {
    return plain(CLASS_f_div, NONE); /* VSQRT */
  }
  return plain(names[(bits(first, 7, 1) << 2) | bits(first, 4, 2)], NONE);
}

decoded_t decode_thumb(uint16_t first, uint16_t second) {
  if (first < 0xE800) {
    return decode_16(first);
  }
  switch (bits(first, 8, 4)) { /* of 0xE8 to 0xFF */
  case 0x8:
  case 0x9:
    return first < 0xF000 ? decode_pairs_and_lists(first, second) : decode_single(first, second);
  case 0xA:
    return first < 0xF000 ? decode_shifted(first, second) : decode_registers(first, second);
  case 0xB:
    return first < 0xF000 ? decode_shifted(first, second) : decode_multiplication(first, second);
  case 0xC:
  case 0xD:
  case 0xE:
  case 0xF:
    return decode_coprocessor(first, second);
  default: /* 0xF0 to 0xF7 */
    return bits(second, 15, 1) == 0 ? decode_immediate(first, second) : decode_branch(first, second);
  }
}

static bool loads_one(const decoded_t *instruction) {
  return instruction->name == CLASS_load || instruction->name == CLASS_load_wb;
}

static bool accesses_memory(const decoded_t *instruction) {
  return (instruction->name >= CLASS_load && instruction->name <= CLASS_strd) || instruction->name == CLASS_f_ld ||
         instruction->name == CLASS_f_st || instruction->name == CLASS_fldm;
}

int class_behind(const decoded_t *before, const decoded_t *instruction) {
  if (before == NULL) {
    return instruction->name;
  }
  if (instruction->name == CLASS_load && loads_one(before) && (before->results & instruction->address) == 0) {
    return CLASS_load_pipelined;
  }
  return instruction->name == CLASS_store && accesses_memory(before) ? CLASS_store_after_mem : instruction->name;
}

bool address_depends(const decoded_t *before, const decoded_t *instruction) {
  return before != NULL && before->name < CLASS_load && accesses_memory(instruction) &&
         (before->results & instruction->address) != 0;
}
