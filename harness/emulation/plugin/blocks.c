/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blocks.h"

#include <stdlib.h>

#include "configuration.h"

enum { BUCKETS = 1 << 12, NOWHERE = 1 }; /* no Thumb instruction is at an odd address */

struct block {
  struct block *next_of_bucket;
  uint64_t address;
  size_t instructions;
  uint64_t behind; /* the address behind it, if control can get there straight from it, else NOWHERE */
  uint64_t end;
  unsigned int left_in_it; /* instructions that an IT before them makes conditional */
  bool is_empty;
  decoded_t first;
  decoded_t last;
};

static block_t *buckets[BUCKETS];
static block_t nothing = {.behind = NOWHERE};
static const block_t *previous = &nothing;

/* Where a block ended within what an IT makes conditional, and how much of that was left. */
typedef struct {
  uint64_t address;
  unsigned int left;
} divided_t;

static divided_t *divided;
static size_t divided_count;

static divided_t *find_divided(uint64_t address) {
  size_t index;
  for (index = 0; index < divided_count; ++index) {
    if (divided[index].address == address) {
      return &divided[index];
    }
  }
  return NULL;
}

void end_block(const block_t *block) {
  divided_t *found = find_divided(block->end);
  if (found == NULL && block->left_in_it > 0) {
    divided = realloc(divided, (divided_count + 1) * sizeof *divided);
    if (divided == NULL) {
      fail("out of memory");
    }
    found = &divided[divided_count++];
    found->address = block->end;
  }
  if (found != NULL) {
    found->left = block->left_in_it;
  }
}

block_t *begin_block(uint64_t address, size_t instructions) {
  block_t **bucket = &buckets[(address >> 1) % BUCKETS], *block = *bucket;
  const divided_t *before = find_divided(address);
  while (block != NULL && (block->address != address || block->instructions != instructions)) {
    block = block->next_of_bucket;
  }
  if (block == NULL) {
    block = calloc(1, sizeof *block);
    if (block == NULL) {
      fail("out of memory");
    }
    block->address = address;
    block->instructions = instructions;
    block->next_of_bucket = *bucket;
    *bucket = block;
  }
  block->end = address;
  block->left_in_it = before != NULL ? before->left : 0;
  block->is_empty = true;
  return block;
}

static unsigned int made_conditional(uint16_t it) { return 4u - (unsigned int)__builtin_ctz(it & 15u); }

/* A conditional branch is added as taken: where it is not, one is taken off as the next block begins. */
load_t add_to_block(block_t *block, uint16_t first, uint16_t second, uint16_t worth[WORTH]) {
  decoded_t decoded = decode_thumb(first, second);
  const decoded_t *before = block->is_empty ? NULL : &block->last;
  int name = class_behind(before, &decoded);
  ++worth[name];
  worth[CLASS_bcond_taken] += name == CLASS_bcond;
  worth[CLASS_ldm_regs] += name == CLASS_ldm ? decoded.registers : 0;
  worth[CLASS_stm_regs] += name == CLASS_stm ? decoded.registers : 0;
  worth[CLASS_fldm_regs] += name == CLASS_fldm ? decoded.registers : 0;
  worth[CLASS_pc_load] += decoded.writes_pc;
  worth[CLASS_addr_dep] += address_depends(before, &decoded);
  if (block->left_in_it > 0) {
    --block->left_in_it;
    decoded.may_fall_through = true;
  } else if (name == CLASS_it) {
    block->left_in_it = made_conditional(first);
  }
  bool is_first = block->is_empty;
  if (is_first) {
    block->first = decoded;
    block->is_empty = false;
  }
  block->last = decoded;
  block->end += first < 0xE800 ? 2 : 4; /* at the end of a page QEMU tells more of it than there is */
  block->behind = !decoded.jumps || decoded.may_fall_through ? block->end : NOWHERE;
  return name == CLASS_load_pipelined ? PIPELINED : name == CLASS_load && is_first ? FIRST_OF_BLOCK : ALONE;
}

/* Control went on straight behind a block: its branch was not taken, or QEMU has divided what belongs together. */
static void go_on(const decoded_t *last, const decoded_t *first) {
  int name;
  if (last->name == CLASS_bcond) {
    --part[CLASS_bcond_taken];
  } else if (last->jumps && last->name != CLASS_lob) {
    if (last->writes_pc) {
      --part[CLASS_pc_load];
    } else {
      --part[last->name];
      ++part[CLASS_bcond];
    }
  } else {
    name = class_behind(last, first);
    --part[first->name];
    ++part[name];
    part[CLASS_addr_dep] += address_depends(last, first);
    is_first_pipelined = name == CLASS_load_pipelined;
  }
}

static void on_block(unsigned int cpu, void *data) {
  const block_t *block = data;
  (void)cpu;
  if (block->address != previous->address || block->instructions == previous->instructions) {
    is_first_pipelined = false; /* else QEMU begins the same block again, for a device */
  }
  if (previous->behind == block->address) {
    go_on(&previous->last, &block->first);
  }
  previous = block;
}

void watch_block(struct qemu_plugin_tb *translated, block_t *block) {
  qemu_plugin_register_vcpu_tb_exec_cb(translated, on_block, CB_NO_REGS, block);
}
