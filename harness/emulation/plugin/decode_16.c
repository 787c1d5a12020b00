/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decoding.h"

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

decoded_t decode_16(uint16_t code) {
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
