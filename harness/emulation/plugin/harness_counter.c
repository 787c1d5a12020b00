/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what an inference executes in QEMU: instructions, in Thumb code by class, and data read by memory, exactly, for
 * the whole inference and for each of its layers with all that they call.
 *
 * Arguments: config=N, records=N (file descriptors that QEMU inherits), isa=thumb, riscv, xtensa or other.
 *
 * The configuration is text, one fact a line, numbers in decimal, addresses half open:
 *     caller LOW HIGH       the function that calls the inference
 *     inference LOW HIGH    the inference
 *     layer LOW HIGH        one line a layer, in the order of the records
 *     memory LOW HIGH       one line a memory, in the order of the records; reads elsewhere are "other"
 * Without a memory line no read is observed, and all reads are 0.
 *
 * A record is a sequence of uint64_t in the host's order, written with one flush when control is back in the caller,
 * that is before the caller can do anything with the result: whether the classes are known, then the whole inference,
 * then each layer. Of each the classes (classes.h), the instructions, and of each memory, other last, the bytes read,
 * the reads that began where the one before ended, and the other reads.
 *
 * Only the instructions of the caller, of the inference itself and the first one of each layer carry a callback. All
 * others are counted inline, a segment at once: up to the next that has a callback, and up to and including the next
 * that may access memory, since QEMU breaks off at an access to a device, and goes on behind it in a block of its own.
 * So a segment is executed whole, or up to its last instruction, which is then not counted again.
 *
 * A layer is open from its first instruction until one of the inference's own is executed, or one of the caller's (the
 * last layer may be a tail call). A layer entered while another is open is part of that one; a layer entered outside an
 * inference is not counted.
 *
 * One virtual CPU. An interrupt that is served inside an inference is counted with it; what the processor itself reads
 * to enter and leave it is no read of an instruction, and is not; a conditional branch straight before it may count as
 * taken. An atomic read-modify-write counts as a write alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accesses.h"
#include "blocks.h"
#include "configuration.h"
#include "instruction_sets.h"
#include "ledger.h"
#include "qemu_plugin_api.h"

EXPORT int qemu_plugin_version = HARNESS_PLUGIN_API;

/* ---- State of the inference under way ---- */

enum { NO_LAYER = -1 };

static bool is_open;
static long open_layer = NO_LAYER;
static bool are_classes_known = true;

static uint64_t *record; /* laid out as it is written */
static size_t record_words, part_words;
static uint64_t *inference_part;
static uint64_t *layer_parts;
static uint64_t *outside_part;

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

static void go_over_to(uint64_t *next) {
  settle_segments();
  settle_accesses(part);
  part = next;
}

static void close_layer(void) {
  if (open_layer != NO_LAYER) {
    open_layer = NO_LAYER;
    go_over_to(inference_part);
  }
}

static void close_inference(void) {
  size_t word, layer;
  open_layer = NO_LAYER;
  go_over_to(outside_part);
  for (layer = 0; layer < config.layer_count; ++layer) { /* so far it is what the inference itself did */
    for (word = 0; word < part_words; ++word) {
      inference_part[word] += layer_parts[layer * part_words + word];
    }
  }
  record[0] = are_classes_known && config.isa == THUMB;
  write_record();
  is_open = false;
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
  part = outside_part;
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
  go_over_to(inference_part);
  memset(record, 0, record_words * sizeof(uint64_t));
  is_open = true;
  forget_reads();
}

static void on_layer_entry(unsigned int cpu, void *data) {
  (void)cpu;
  if (is_open && open_layer == NO_LAYER) {
    open_layer = (long)(uintptr_t)data;
    go_over_to(layer_parts + (size_t)open_layer * part_words);
  }
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

static effect_t effect_of(const uint16_t halfwords[2]) {
  switch (config.isa) {
  case THUMB:
    return thumb_effect(halfwords[0], halfwords[1]);
  case RISCV:
    return riscv_effect(halfwords[0]);
  default:
    return xtensa_effect(halfwords[0], halfwords[1]);
  }
}

/* What stands between two callbacks or accesses. */
typedef struct {
  struct qemu_plugin_insn *first;
  uint16_t worth[WORTH];
} segment_t;

static void count_segment(segment_t *segment) {
  if (segment->first != NULL) {
    count_inline(segment->first, segment_slot(qemu_plugin_insn_vaddr(segment->first), segment->worth));
    memset(segment, 0, sizeof *segment);
  }
}

/* A callback is registered before the addition at the same instruction: it sees the count without it. */
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *translated) {
  size_t index, count = qemu_plugin_tb_n_insns(translated);
  segment_t segment = {.first = NULL};
  block_t *block = config.isa == THUMB ? begin_block(qemu_plugin_tb_vaddr(translated), count) : NULL;
  (void)id;
  for (index = 0; index < count; ++index) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(translated, index);
    effect_t effect = ANYTHING;
    load_t load = ALONE;
    uint16_t halfwords[2];
    bool is_known = config.isa != OTHER_ISA && encoding(insn, halfwords);
    if (mark(insn)) {
      count_segment(&segment);
    }
    segment.first = segment.first != NULL ? segment.first : insn;
    ++segment.worth[INSTRUCTIONS];
    if (is_known) {
      effect = effect_of(halfwords);
      load = block != NULL ? add_to_block(block, halfwords[0], halfwords[1], segment.worth) : ALONE;
    } else {
      are_classes_known = false;
    }
    if (effect != PLAIN) {
      count_segment(&segment);
      observe(insn, effect, load);
    }
  }
  count_segment(&segment);
  if (block != NULL && are_classes_known) {
    end_block(block);
    watch_block(translated, block);
  }
}

/* ---- Start ---- */

static void lay_out_record(void) {
  part_words = WORTH + (config.memory_count + 1) * READ_WORDS;
  record_words = 1 + (1 + config.layer_count) * part_words;
  record = calloc(record_words + part_words, sizeof *record);
  if (record == NULL) {
    fail("out of memory");
  }
  inference_part = record + 1;
  layer_parts = inference_part + part_words;
  part = outside_part = record + record_words;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv) {
  (void)info;
  configure(argc, argv);
  lay_out_record();
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  return 0;
}
