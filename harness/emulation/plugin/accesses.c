/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accesses.h"

#include <stddef.h>
#include <string.h>

#include "configuration.h"

enum { KINDS_SHIFT = 18, KINDS = 1 << KINDS_SHIFT, UNKNOWN = 0, STORE = 0xff };

typedef struct {
  uint64_t by_size[3]; /* of a byte, a halfword, a word */
  uint64_t scattered;
  uint64_t end; /* of the last one */
} reads_t;

static uint8_t bytes_of[KINDS]; /* bytes read by an access of this kind, UNKNOWN, or STORE */
static reads_t reads_of[MIXED + 1]; /* by memory, since they were settled */
static uint64_t region_changes, unaligned_loads, unaligned_stores;
static size_t last_memory = MIXED;
bool is_first_pipelined;

void settle_accesses(uint64_t *part) {
  uint64_t *words = part + WORTH;
  size_t memory;
  for (memory = 0; memory <= config.memory_count; ++memory, words += READ_WORDS) {
    reads_t *reads = &reads_of[memory];
    words[READ_BYTES] += reads->by_size[0] + 2 * reads->by_size[1] + 4 * reads->by_size[2];
    words[READS_SEQUENTIAL] += reads->by_size[0] + reads->by_size[1] + reads->by_size[2] - reads->scattered;
    words[READS_SCATTERED] += reads->scattered;
    memset(reads->by_size, 0, sizeof reads->by_size);
    reads->scattered = 0;
  }
  part[CLASS_region_change] += region_changes;
  part[CLASS_unaligned_ld] += unaligned_loads;
  part[CLASS_unaligned_st] += unaligned_stores;
  region_changes = unaligned_loads = unaligned_stores = 0;
}

void forget_reads(void) {
  size_t memory;
  for (memory = 0; memory <= MIXED; ++memory) {
    reads_of[memory].end = UINT64_MAX;
  }
  last_memory = MIXED;
}

static inline size_t memory_at(uint64_t address) {
  uint8_t memory = memory_of[(uint32_t)address >> BLOCK_SHIFT];
  return memory != MIXED ? memory : find_memory(address);
}

static inline void add_read(uint64_t bytes, size_t memory) { reads_of[memory].by_size[bytes / 2] += 1; }

/* What is only known where classes are. */
static inline void add_thumb_read(uint64_t address, uint64_t bytes, size_t memory) {
  reads_t *reads = &reads_of[memory];
  add_read(bytes, memory);
  reads->scattered += address != reads->end;
  reads->end = address + bytes;
  last_memory = memory;
  if ((address & (bytes - 1)) != 0) {
    ++unaligned_loads;
  }
}

/* Of a kind that the table does not answer for. */
static __attribute__((noinline)) uint8_t look_into(qemu_plugin_meminfo_t info) {
  uint8_t bytes = qemu_plugin_mem_is_store(info) ? STORE : (uint8_t)(1u << qemu_plugin_mem_size_shift(info));
  if (info < KINDS) {
    bytes_of[info] = bytes;
  }
  return bytes;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  uint8_t bytes = info < KINDS ? bytes_of[info] : UNKNOWN;
  (void)cpu, (void)data;
  if (bytes == UNKNOWN) {
    bytes = look_into(info);
  }
  for (; bytes != STORE && bytes > 4; bytes = (uint8_t)(bytes - 4), address += 4) {
    add_thumb_read(address, 4, find_memory(address)); /* versions of QEMU differ in what they read at once */
  }
  if (bytes != STORE) {
    add_thumb_read(address, bytes, find_memory(address));
  }
}

/* The usual accesses of a 32-bit core: their size is known from the instruction. */
static void on_read_1(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_read(1, memory_at(address));
}

static void on_thumb_read_1(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_thumb_read(address, 1, memory_at(address));
}

static void on_read_2(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_read(2, memory_at(address));
}

static void on_thumb_read_2(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_thumb_read(address, 2, memory_at(address));
}

static void on_read_4(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_read(4, memory_at(address));
}

static void on_thumb_read_4(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  add_thumb_read(address, 4, memory_at(address));
}

static inline void add_pipelined(uint64_t address, uint64_t bytes, const bool *is_pipelined) {
  size_t memory = memory_at(address);
  region_changes += *is_pipelined && memory != last_memory;
  add_thumb_read(address, bytes, memory);
}

static void on_pipelined_1(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info;
  add_pipelined(address, 1, data);
}

static void on_pipelined_2(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info;
  add_pipelined(address, 2, data);
}

static void on_pipelined_4(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info;
  add_pipelined(address, 4, data);
}

static void on_write_2(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  unaligned_stores += (address & 1) != 0;
}

static void on_write_4(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  unaligned_stores += (address & 3) != 0;
}

/* QEMU 7.2, asked for reads alone, reports writes: so it is always asked for both. */
void observe(struct qemu_plugin_insn *insn, effect_t effect, load_t load) {
  static const bool always = true;
  static const memory_callback_t alone[EFFECTS] = {
      [ANYTHING] = on_access, [READS_1] = on_read_1, [READS_2] = on_read_2, [READS_4] = on_read_4};
  static const memory_callback_t alone_in_thumb[EFFECTS] = {
      [ANYTHING] = on_access,       [STORES_2] = on_write_2,      [STORES_4] = on_write_4,
      [READS_1] = on_thumb_read_1,  [READS_2] = on_thumb_read_2,  [READS_4] = on_thumb_read_4};
  static const memory_callback_t behind_a_load[EFFECTS] = {
      [READS_1] = on_pipelined_1, [READS_2] = on_pipelined_2, [READS_4] = on_pipelined_4};
  const memory_callback_t *by_default = config.isa == THUMB ? alone_in_thumb : alone;
  void *is_pipelined = load == FIRST_OF_BLOCK ? &is_first_pipelined : (void *)&always;
  memory_callback_t callback = load != ALONE && behind_a_load[effect] != NULL ? behind_a_load[effect] : by_default[effect];
  if (config.memory_count > 0 && callback != NULL) {
    qemu_plugin_register_vcpu_mem_cb(insn, callback, CB_NO_REGS, MEM_READS_AND_WRITES, is_pipelined);
  }
}
