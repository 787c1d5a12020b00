/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decoding.h"

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
  enum { PKH = 6 };
  unsigned int operation = bits(first, 5, 4), number = bits(second, 8, 4);
  bool shifted = (second & 0x70F0) != 0;
  int name = operation == PKH ? CLASS_dsp_alu : shifted ? CLASS_alu_shift : CLASS_alu;
  return plain(name, number == PC ? NONE : one(number)); /* PC stands for a comparison */
}

static decoded_t decode_immediate(uint16_t first, uint16_t second) {
  enum { ORR = 2, ORN = 3 };
  enum { MOVW = 0x4, MOVT = 0xC, SSAT = 0x10, SSAT16 = 0x12, SBFX = 0x14, USAT = 0x18, USAT16 = 0x1A, UBFX = 0x1C };
  unsigned int number = bits(second, 8, 4), operation = bits(first, 5, 4);
  int name = CLASS_alu;
  if (bits(first, 9, 1) == 0) {
    name = (operation == ORR || operation == ORN) && bits(first, 0, 4) == PC ? CLASS_mov_imm : CLASS_alu;
  } else {
    operation = bits(first, 4, 5);
    switch (operation) {
    case MOVW:
    case MOVT:
      name = CLASS_mov_imm;
      break;
    case SSAT:
    case SSAT16:
    case USAT:
    case USAT16:
      name = CLASS_dsp_alu;
      break;
    case SBFX:
    case UBFX:
      name = CLASS_extend;
      break;
    default:
      break;
    }
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
  if (operation < 8 && bits(second, 7, 1) == 0) {
    return plain(CLASS_alu, result); /* a shift by a register */
  }
  if (operation < 8) {
    return plain(bits(first, 0, 4) == PC ? CLASS_extend : CLASS_dsp_alu, result); /* SXTB16, SXTAB16 */
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

decoded_t decode_32(uint16_t first, uint16_t second) {
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
