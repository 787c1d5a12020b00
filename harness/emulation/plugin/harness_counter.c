/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what an inference executes in QEMU: instructions, and bytes of data read by memory, exactly, for the whole
 * inference and for each of its layers with all that they call.
 *
 * Arguments (file descriptors that QEMU inherits): config=N, records=N.
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
 * Only the instructions of the caller, of the inference itself and the first one of each layer carry a callback; all
 * others carry an inline addition. A layer is open from its first instruction until one of the inference's own is
 * executed, or one of the caller's (the last layer may be a tail call). A layer entered while another is open is part
 * of that one; a layer entered outside an inference is not counted.
 *
 * One virtual CPU. An interrupt that is served inside an inference is counted with it; what the processor itself reads
 * to enter and leave it is no read of an instruction, and is not. An atomic read-modify-write counts as a write alone.
 */

#define _POSIX_C_SOURCE 200809L /* fdopen */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu_plugin_api.h"

/* ---- What is counted ---- */

typedef struct {
  uint64_t low;
  uint64_t high;
} range_t;

enum { NO_LAYER = -1, INFOS = 1 << 18, UNKNOWN = 0, STORE = 0xff };

static range_t caller;
static range_t inference;
static range_t *layers;
static size_t layer_count;
static range_t *memories;
static size_t memory_count;
static int records_fd = -1;

/* ---- State of the inference under way ---- */

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
static uint8_t bytes_of[INFOS]; /* bytes read by an access of this kind, UNKNOWN, or STORE */

static void fail(const char *what) {
  fprintf(stderr, "harness_counter: %s\n", what);
  exit(1);
}

static bool holds(const range_t *range, uint64_t address) { return address >= range->low && address < range->high; }

static void write_record(void) {
  const char *bytes = (const char *)record;
  size_t left = record_words * sizeof(uint64_t);
  while (left > 0) {
    ssize_t written = write(records_fd, bytes, left);
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
  for (layer = 0; layer < layer_count; ++layer) { /* so far they hold the inference's own reads only */
    for (memory = 0; memory <= memory_count; ++memory) {
      inference_reads[memory] += layer_reads[layer * (memory_count + 1) + memory];
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
    reads = layer_reads + (size_t)open_layer * (memory_count + 1);
    layer_start = executed();
  }
}

static uint8_t bytes_read(qemu_plugin_meminfo_t info) {
  uint8_t bytes = info < INFOS ? bytes_of[info] : UNKNOWN;
  if (bytes == UNKNOWN) {
    bytes = qemu_plugin_mem_is_store(info) ? STORE : (uint8_t)(1u << qemu_plugin_mem_size_shift(info));
    if (info < INFOS) {
      bytes_of[info] = bytes;
    }
  }
  return bytes;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
  uint8_t bytes = bytes_read(info);
  size_t memory = 0;
  (void)cpu, (void)data;
  if (bytes == STORE) {
    return;
  }
  while (memory < memory_count && !holds(&memories[memory], address)) {
    ++memory;
  }
  reads[memory] += bytes;
}

/* ---- Instrumentation ---- */

static void mark(struct qemu_plugin_insn *insn, uint64_t address) {
  size_t layer;
  if (holds(&caller, address)) {
    execute_callback_t callback = address == caller.low ? on_caller_entry : on_caller;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, CB_NO_REGS, NULL);
  } else if (holds(&inference, address)) {
    execute_callback_t callback = address == inference.low ? on_inference_entry : on_inference;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, CB_NO_REGS, NULL);
  }
  for (layer = 0; layer < layer_count; ++layer) {
    if (address == layers[layer].low) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_layer_entry, CB_NO_REGS, (void *)(uintptr_t)layer);
    }
  }
}

/* The callback stands before the addition: it sees the count without its own instruction. */
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  size_t index, count = qemu_plugin_tb_n_insns(block);
  (void)id;
  for (index = 0; index < count; ++index) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, index);
    mark(insn, qemu_plugin_insn_vaddr(insn));
    count_inline(insn);
    if (memory_count > 0) {
      /* QEMU 7.2, asked for reads alone, reports writes */
      qemu_plugin_register_vcpu_mem_cb(insn, on_access, CB_NO_REGS, MEM_READS_AND_WRITES, NULL);
    }
  }
}

/* ---- Configuration ---- */

static range_t *append(range_t *ranges, size_t *count, range_t range) {
  ranges = realloc(ranges, (*count + 1) * sizeof *ranges);
  if (ranges == NULL) {
    fail("out of memory");
  }
  ranges[(*count)++] = range;
  return ranges;
}

static void read_config(int fd) {
  char kind[16];
  range_t range;
  int fields;
  FILE *config = fdopen(fd, "r");
  if (config == NULL) {
    fail("cannot open the configuration");
  }
  while ((fields = fscanf(config, "%15s %ju %ju", kind, &range.low, &range.high)) == 3) {
    if (strcmp(kind, "caller") == 0) {
      caller = range;
    } else if (strcmp(kind, "inference") == 0) {
      inference = range;
    } else if (strcmp(kind, "layer") == 0) {
      layers = append(layers, &layer_count, range);
    } else if (strcmp(kind, "memory") == 0) {
      memories = append(memories, &memory_count, range);
    } else {
      fail("unknown word in the configuration");
    }
  }
  if (fields != EOF || caller.high == 0 || inference.high == 0) {
    fail("the configuration is damaged");
  }
  fclose(config);
}

static void lay_out_record(void) {
  size_t per_memory = memory_count + 1;
  record_words = 1 + layer_count + per_memory + layer_count * per_memory;
  record = calloc(record_words + per_memory, sizeof *record);
  if (record == NULL) {
    fail("out of memory");
  }
  layer_instructions = record + 1;
  inference_reads = layer_instructions + layer_count;
  layer_reads = inference_reads + per_memory;
  outside_reads = record + record_words;
  reads = outside_reads;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv) {
  int index, config_fd = -1;
  (void)info;
  for (index = 0; index < argc; ++index) {
    if (sscanf(argv[index], "config=%d", &config_fd) != 1 && sscanf(argv[index], "records=%d", &records_fd) != 1) {
      fail("unknown argument");
    }
  }
  if (config_fd < 0 || records_fd < 0 || !counter_init()) {
    fail("needs the arguments config and records");
  }
  read_config(config_fd);
  lay_out_record();
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  return 0;
}
