/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the decoders of both sizes of Thumb-2 instructions share. */
#ifndef DECODING_H
#define DECODING_H

#include <stdbool.h>
#include <stdint.h>

#include "classes.h"

enum { SP = 13, PC = 15, NONE = 0 };

static inline unsigned int bits(uint16_t code, unsigned int low, unsigned int count) {
  return (code >> low) & ((1u << count) - 1u);
}

static inline uint16_t one(unsigned int number) { return (uint16_t)(1u << number); }

static inline decoded_t plain(int name, unsigned int results) {
  decoded_t result = {.name = (uint8_t)name, .results = (uint16_t)results};
  return result;
}

/* Arithmetic that may write the program counter, as MOV PC does. */
static inline decoded_t computes(int name, unsigned int number) {
  decoded_t result = plain(number == PC ? CLASS_b : name, one(number));
  result.jumps = number == PC;
  return result;
}

static inline decoded_t jump(int name) {
  decoded_t result = {.name = (uint8_t)name, .jumps = true, .may_fall_through = name == CLASS_bcond};
  return result;
}

static inline decoded_t memory_access(int name, uint16_t results, uint16_t address) {
  decoded_t result = {.name = (uint8_t)name, .results = results, .address = address};
  if (name != CLASS_store && name != CLASS_store_reg && (results & one(PC)) != 0) {
    result.writes_pc = result.jumps = true;
  }
  return result;
}

static inline decoded_t multiple(int name, unsigned int list, unsigned int base) {
  decoded_t result = memory_access(name, name == CLASS_ldm ? (uint16_t)list : NONE, one(base));
  result.registers = (uint8_t)__builtin_popcount(list);
  return result;
}

/* One decoder a size: Armv7-M Architecture Reference Manual, Arm DDI 0403, A5; Armv8-M, Arm DDI 0553, for LE and its like. */
decoded_t decode_16(uint16_t code);
decoded_t decode_32(uint16_t first, uint16_t second);

#endif
