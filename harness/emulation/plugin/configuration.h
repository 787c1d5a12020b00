/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the plugin was told to count. */
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t low;
  uint64_t high; /* first address behind it */
} range_t;

enum { OTHER_ISA, THUMB, RISCV, XTENSA };
enum { BLOCK_SHIFT = 16, BLOCKS = 1 << 16, MIXED = 0xff };

typedef struct {
  range_t caller;
  range_t inference;
  range_t *layers;
  size_t layer_count;
  range_t *memories;
  size_t memory_count;
  int records_fd;
  int isa;
} configuration_t;

extern configuration_t config;
extern uint8_t memory_of[BLOCKS]; /* which memory a block of 64 KB lies in, or MIXED */

/* Fill in both from the plugin's arguments and the file that they name; ends QEMU where something is wrong with them. */
void configure(int argc, char **argv);

/* Return the number of the memory that holds an address, or the number of memories. */
size_t find_memory(uint64_t address);

void fail(const char *what) __attribute__((noreturn));

static inline bool holds(const range_t *range, uint64_t address) {
  return address >= range->low && address < range->high;
}

#endif
