/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classes.h"

#include <stddef.h>

#include "decoding.h"

decoded_t decode_thumb(uint16_t first, uint16_t second) {
  return first < 0xE800 ? decode_16(first) : decode_32(first, second);
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
