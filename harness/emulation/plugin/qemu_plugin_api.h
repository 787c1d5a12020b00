/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few functions of QEMU's plugin interface that the counter uses: QEMU's own header is not packaged everywhere.
 * HARNESS_PLUGIN_API names the version of the interface: 1 (QEMU up to 8), 2 (9.0), 3 (9.1), 4 (9.2 and later).
 */
#ifndef QEMU_PLUGIN_API_H
#define QEMU_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef HARNESS_PLUGIN_API
#error "define HARNESS_PLUGIN_API as 1, 2, 3 or 4"
#endif

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_info; /* not looked into: its layout differs between versions */

enum { CB_NO_REGS = 0, INLINE_ADD_U64 = 0, MEM_READS_AND_WRITES = 3 };

typedef void (*translate_callback_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*execute_callback_t)(unsigned int cpu, void *data);
typedef void (*memory_callback_t)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translate_callback_t callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, execute_callback_t callback, int flags,
                                          void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, execute_callback_t callback, int flags,
                                            void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_callback_t callback, int flags, int rw,
                                      void *data);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

/*
 * A slot counts executions; there is one for each piece of code, so that no addition waits for the one before it. Slots
 * stay where they are: QEMU's code refers to them.
 */
enum { SLOTS = 4096 }; /* are made at once */

#if HARNESS_PLUGIN_API == 1

void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation, void *target,
                                                uint64_t immediate);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

typedef uint64_t *slot_t;

static inline bool make_slots(slot_t *slots) {
  size_t index;
  uint64_t *counters = calloc(SLOTS, sizeof *counters);
  for (index = 0; counters != NULL && index < SLOTS; ++index) {
    slots[index] = &counters[index];
  }
  return counters != NULL;
}
static inline uint64_t slot_value(slot_t slot) { return *slot; }
static inline void count_inline(struct qemu_plugin_insn *insn, slot_t slot) {
  qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, slot, 1);
}

/* Copy the instruction's first four bytes, and say whether they can be had. */
static inline bool encoding(const struct qemu_plugin_insn *insn, uint16_t halfwords[2]) {
  size_t size = qemu_plugin_insn_size(insn);
  halfwords[0] = halfwords[1] = 0;
  memcpy(halfwords, qemu_plugin_insn_data(insn), size < 4 ? size : 4);
  return size >= 2;
}

#elif HARNESS_PLUGIN_API <= 4

struct qemu_plugin_scoreboard;
typedef struct {
  struct qemu_plugin_scoreboard *score;
  size_t offset;
} qemu_plugin_u64;

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
uint64_t qemu_plugin_u64_get(qemu_plugin_u64 entry, unsigned int cpu);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int operation,
                                                         qemu_plugin_u64 entry, uint64_t immediate);

typedef qemu_plugin_u64 slot_t;

static inline bool make_slots(slot_t *slots) {
  size_t index;
  struct qemu_plugin_scoreboard *scoreboard = qemu_plugin_scoreboard_new(SLOTS * sizeof(uint64_t));
  for (index = 0; index < SLOTS; ++index) {
    slots[index] = (slot_t){scoreboard, index * sizeof(uint64_t)};
  }
  return scoreboard != NULL;
}
static inline uint64_t slot_value(slot_t slot) { return qemu_plugin_u64_get(slot, 0); }
static inline void count_inline(struct qemu_plugin_insn *insn, slot_t slot) {
  qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, INLINE_ADD_U64, slot, 1);
}

#if HARNESS_PLUGIN_API >= 3

size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *bytes, size_t size);

static inline bool encoding(const struct qemu_plugin_insn *insn, uint16_t halfwords[2]) {
  halfwords[0] = halfwords[1] = 0;
  return qemu_plugin_insn_data(insn, halfwords, 4) >= 2;
}

#else

/* A QEMU of version 3 takes a plugin of version 2 as well, but gives the function that would tell another signature. */
static inline bool encoding(const struct qemu_plugin_insn *insn, uint16_t halfwords[2]) {
  (void)insn, (void)halfwords;
  return false;
}

#endif

#else
#error "HARNESS_PLUGIN_API must be 1, 2, 3 or 4"
#endif

#endif
