/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what an inference executes in QEMU: instructions, and bytes of data read by memory, exactly, for the whole
 * inference and for each of its layers with all that they call.
 *
 * Arguments: config=N, records=N (file descriptors that QEMU inherits), isa=thumb, riscv or other.
 *
 * The configuration is text, one fact a line, numbers in decimal, addresses half open:
 *     caller LOW HIGH       the function that calls the inference
 *     inference LOW HIGH    the inference
 *     layer LOW HIGH        one line a layer, in the order of the records
 *     memory LOW HIGH       one line a memory, in the order of the records; reads elsewhere are "other"
 * Without a memory line no read is observed, and all reads are 0.
 *
 * A record is a sequence of uint64_t in the host's order, written with one flush when control is back in the caller,
 * that is before the caller can do anything with the result:
 *     instructions, instructions of each layer, reads of the inference by memory and other, the same of each layer.
 *
 * Only the instructions of the caller, of the inference itself and the first one of each layer carry a callback. All
 * others are added inline, a segment at once: up to the next that has a callback, and up to and including the next that
 * may access memory, since QEMU breaks off at an access to a device, and goes on behind it in a block of its own. So a
 * segment is executed whole, or up to its last instruction, which is then not counted again.
 *
 * A layer is open from its first instruction until one of the inference's own is executed, or one of the caller's (the
 * last layer may be a tail call). A layer entered while another is open is part of that one; a layer entered outside an
 * inference is not counted.
 *
 * One virtual CPU. An interrupt that is served inside an inference is counted with it; what the processor itself reads
 * to enter and leave it is no read of an instruction, and is not. An atomic read-modify-write counts as a write alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "configuration.h"
#include "instruction_sets.h"
#include "qemu_plugin_api.h"

/* ---- State of the inference under way ---- */

enum { NO_LAYER = -1, KINDS_SHIFT = 18, KINDS = 1 << KINDS_SHIFT, UNKNOWN = 0, STORE = 0xff };

static bool is_open;
static uint64_t inference_start;
static long open_layer = NO_LAYER;
static uint64_t layer_start;

static uint64_t *record; /* laid out as it is written */
static size_t record_words;
static uint64_t *layer_instructions;
static uint64_t *inference_reads;
static uint64_t *layer_reads;
static uint64_t *outside_reads;
static uint64_t *reads; /* where the next read is added */
static uint8_t bytes_of[KINDS]; /* bytes read by an access of this kind, UNKNOWN, or STORE */

static uint64_t executed(void) {
  uint64_t sum = 0;
  size_t index;
  for (index = 0; index < COUNTERS; ++index) {
    sum += counter_value(index);
  }
  return sum;
}

static void write_record(void) {
  const char *bytes = (const char *)record;
  size_t left = record_words * sizeof(uint64_t);
  while (left > 0) {
    ssize_t written = write(config.records_fd, bytes, left);
    if (written <= 0) {
      fail("cannot write a record");
    }
    bytes += written;
    left -= (size_t)written;
  }
}

static void close_layer(void) {
  if (open_layer != NO_LAYER) {
    layer_instructions[open_layer] += executed() - layer_start;
    open_layer = NO_LAYER;
    reads = inference_reads;
  }
}

static void close_inference(void) {
  size_t memory, layer;
  close_layer();
  record[0] = executed() - inference_start;
  for (layer = 0; layer < config.layer_count; ++layer) { /* so far they hold the inference's own reads only */
    for (memory = 0; memory <= config.memory_count; ++memory) {
      inference_reads[memory] += layer_reads[layer * (config.memory_count + 1) + memory];
    }
  }
  write_record();
  is_open = false;
  reads = outside_reads;
}

static void on_caller(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  if (is_open) {
    close_inference();
  }
}

/* A return never leads to the first instruction of the caller: an inference still open there was broken off. */
static void on_caller_entry(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  is_open = false;
  open_layer = NO_LAYER;
  reads = outside_reads;
}

static void on_inference(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  if (is_open) {
    close_layer();
  }
}

static void on_inference_entry(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  if (is_open) { /* a loop of the inference back to its first instruction */
    close_layer();
    return;
  }
  memset(record, 0, record_words * sizeof(uint64_t));
  is_open = true;
  reads = inference_reads;
  inference_start = executed();
}

static void on_layer_entry(unsigned int cpu, void *data) {
  (void)cpu;
  if (is_open && open_layer == NO_LAYER) {
    open_layer = (long)(uintptr_t)data;
    reads = layer_reads + (size_t)open_layer * (config.memory_count + 1);
    layer_start = executed();
  }
}

/* Of a kind or in a block that the tables do not answer for. */
static __attribute__((noinline)) void on_rare_access(qemu_plugin_meminfo_t info, uint64_t address) {
  bool store = qemu_plugin_mem_is_store(info);
  uint8_t bytes = (uint8_t)(1u << qemu_plugin_mem_size_shift(info));
  if (info < KINDS) {
    bytes_of[info] = store ? STORE : bytes;
  }
  if (!store) {
    reads[find_memory(address)] += bytes;
  }
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)data;
  if (((info >> KINDS_SHIFT) | (address >> 32)) == 0) {
    uint8_t bytes = bytes_of[info];
    uint8_t memory = memory_of[address >> BLOCK_SHIFT];
    if (bytes == STORE) {
      return;
    }
    if (bytes != UNKNOWN && memory != MIXED) {
      reads[memory] += bytes;
      return;
    }
  }
  on_rare_access(info, address);
}

/* The usual reads of a 32-bit core: their size is known from the instruction. */
static inline void on_read(uint64_t address, uint64_t bytes) {
  uint8_t memory = memory_of[(uint32_t)address >> BLOCK_SHIFT];
  reads[memory != MIXED ? memory : find_memory(address)] += bytes;
}

static void on_read_1(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  on_read(address, 1);
}

static void on_read_2(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  on_read(address, 2);
}

static void on_read_4(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  (void)cpu, (void)info, (void)data;
  on_read(address, 4);
}

/* ---- Instrumentation ---- */

/* Give an instruction its callback, if it needs one, and say whether it does. */
static bool mark(struct qemu_plugin_insn *insn) {
  uint64_t address = qemu_plugin_insn_vaddr(insn);
  execute_callback_t callback = NULL;
  size_t layer;
  if (holds(&config.caller, address)) {
    callback = address == config.caller.low ? on_caller_entry : on_caller;
  } else if (holds(&config.inference, address)) {
    callback = address == config.inference.low ? on_inference_entry : on_inference;
  }
  if (callback != NULL) {
    qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, CB_NO_REGS, NULL);
    return true;
  }
  for (layer = 0; layer < config.layer_count; ++layer) {
    if (address == config.layers[layer].low) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_layer_entry, CB_NO_REGS, (void *)(uintptr_t)layer);
      return true;
    }
  }
  return false;
}

static effect_t effect_of(const struct qemu_plugin_insn *insn) {
  uint16_t halfwords[2];
  if (config.isa == OTHER_ISA || !encoding(insn, halfwords)) {
    return ANYTHING;
  }
  return config.isa == THUMB ? thumb_effect(halfwords[0], halfwords[1]) : riscv_effect(halfwords[0]);
}

/* QEMU 7.2, asked for reads alone, reports writes: so it is always asked for both. */
static void observe(struct qemu_plugin_insn *insn, effect_t effect) {
  static const memory_callback_t callbacks[] = {on_access, NULL, NULL, on_read_1, on_read_2, on_read_4};
  if (config.memory_count > 0 && callbacks[effect] != NULL) {
    qemu_plugin_register_vcpu_mem_cb(insn, callbacks[effect], CB_NO_REGS, MEM_READS_AND_WRITES, NULL);
  }
}

static void count_segment(struct qemu_plugin_tb *block, size_t first, size_t end) {
  if (first < end) {
    add_inline(qemu_plugin_tb_get_insn(block, first), first, end - first);
  }
}

/* A callback is registered before the addition at the same instruction: it sees the count without it. */
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  size_t index, first = 0, count = qemu_plugin_tb_n_insns(block);
  (void)id;
  for (index = 0; index < count; ++index) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, index);
    effect_t effect;
    if (mark(insn)) {
      count_segment(block, first, index);
      first = index;
    }
    effect = effect_of(insn);
    if (effect != PLAIN) {
      count_segment(block, first, index + 1);
      first = index + 1;
      observe(insn, effect);
    }
  }
  count_segment(block, first, count);
}

/* ---- Start ---- */

static void lay_out_record(void) {
  size_t per_memory = config.memory_count + 1;
  record_words = 1 + config.layer_count + per_memory + config.layer_count * per_memory;
  record = calloc(record_words + per_memory, sizeof *record);
  if (record == NULL) {
    fail("out of memory");
  }
  layer_instructions = record + 1;
  inference_reads = layer_instructions + config.layer_count;
  layer_reads = inference_reads + per_memory;
  outside_reads = record + record_words;
  reads = outside_reads;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv) {
  (void)info;
  configure(argc, argv);
  if (!counters_init()) {
    fail("QEMU gives no counters");
  }
  lay_out_record();
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  return 0;
}
