/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* fdopen */
#include "counting.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOTHING, CALLER, CALLER_ENTRY, INFERENCE, INFERENCE_ENTRY, FIRST_LAYER };

#define NO_LAYER (-1L)
#define MEMORIES 8
#define DATA_SPACE 0x800000u
#define VECTORS_END 0x100u
#define RETI 0x9518u

typedef struct {
  uint32_t low, high;
} range_t;

static avr_t *avr;
static uint16_t *marks; /* of each word of flash: what begins or lies there */
static range_t memories[MEMORIES];
static size_t memory_count, layer_count;
static int records_fd = -1;

static uint64_t instructions, cycles; /* outside interrupts and sleep */
static uint64_t *record, *layer_costs, *inference_reads, *layer_reads, *reads, outside_reads[MEMORIES + 1];
static size_t record_words;
static int is_open, in_interrupt;
static long open_layer = NO_LAYER;
static uint64_t inference_start[2], layer_start[2];

/* ---- Regions, as the counter in QEMU tells them ---- */

static void close_layer(void) {
  if (open_layer != NO_LAYER) {
    layer_costs[2 * open_layer] += instructions - layer_start[0];
    layer_costs[2 * open_layer + 1] += cycles - layer_start[1];
    open_layer = NO_LAYER;
    reads = inference_reads;
  }
}

static void close_inference(void) {
  size_t memory, layer;
  close_layer();
  record[0] = instructions - inference_start[0];
  record[1] = cycles - inference_start[1];
  for (layer = 0; layer < layer_count; ++layer) { /* so far they hold the inference's own reads only */
    for (memory = 0; memory <= memory_count; ++memory) {
      inference_reads[memory] += layer_reads[layer * (memory_count + 1) + memory];
    }
  }
  if (write(records_fd, record, record_words * sizeof *record) != (ssize_t)(record_words * sizeof *record)) {
    fail("cannot write a record");
  }
  is_open = 0;
  reads = outside_reads;
}

static void open_inference(void) {
  memset(record, 0, record_words * sizeof *record);
  is_open = 1;
  reads = inference_reads;
  inference_start[0] = instructions;
  inference_start[1] = cycles;
}

static void pass(uint16_t mark) {
  if (mark == CALLER_ENTRY) {
    is_open = 0;
    open_layer = NO_LAYER;
    reads = outside_reads;
  } else if (mark == INFERENCE_ENTRY && !is_open) {
    open_inference();
  } else if (!is_open) {
    return;
  } else if (mark == CALLER) {
    close_inference();
  } else if (mark == INFERENCE || mark == INFERENCE_ENTRY) {
    close_layer();
  } else if (open_layer == NO_LAYER) {
    open_layer = mark - FIRST_LAYER;
    reads = layer_reads + (size_t)open_layer * (memory_count + 1);
    layer_start[0] = instructions;
    layer_start[1] = cycles;
  }
}

/* ---- Reads ---- */

static void note_read(uint32_t address) {
  size_t memory = 0;
  while (memory < memory_count && (address < memories[memory].low || address >= memories[memory].high)) {
    ++memory;
  }
  reads[memory] += 1;
}

static uint32_t pointer(int low_register) {
  return (uint32_t)avr->data[low_register] | (uint32_t)avr->data[low_register + 1] << 8;
}

static void note_reads_of(uint16_t code, uint16_t next) { /* AVR Instruction Set Manual: all that read memory */
  uint32_t extended = avr->rampz != 0 ? (uint32_t)avr->data[avr->rampz] << 16 : 0;
  if ((code & 0xD200) == 0x8000) { /* LDD, with displacement */
    uint32_t displacement = (code & 7u) | (code >> 7 & 0x18u) | (code >> 8 & 0x20u);
    note_read(DATA_SPACE + pointer((code & 8) != 0 ? R_YL : R_ZL) + displacement);
  } else if (code == 0x95C8) {
    note_read(pointer(R_ZL));
  } else if (code == 0x95D8) {
    note_read(extended | pointer(R_ZL));
  } else if ((code & 0xFE00) == 0x9000) {
    switch (code & 15u) {
    case 0x0: /* LDS */
      note_read(DATA_SPACE + next);
      break;
    case 0x1: /* LD through Z */
      note_read(DATA_SPACE + pointer(R_ZL));
      break;
    case 0x2:
      note_read(DATA_SPACE + pointer(R_ZL) - 1u);
      break;
    case 0x4: /* LPM */
    case 0x5:
      note_read(pointer(R_ZL));
      break;
    case 0x6: /* ELPM */
    case 0x7:
      note_read(extended | pointer(R_ZL));
      break;
    case 0x9: /* LD through Y */
      note_read(DATA_SPACE + pointer(R_YL));
      break;
    case 0xA:
      note_read(DATA_SPACE + pointer(R_YL) - 1u);
      break;
    case 0xC: /* LD through X */
    case 0xD:
      note_read(DATA_SPACE + pointer(R_XL));
      break;
    case 0xE:
      note_read(DATA_SPACE + pointer(R_XL) - 1u);
      break;
    case 0xF: /* POP */
      note_read(DATA_SPACE + pointer(R_SPL) + 1u);
      break;
    default:
      break;
    }
  }
}

/* ---- Start, and every step ---- */

static void mark(range_t range, uint16_t inside, uint16_t entry) {
  uint32_t address;
  if (range.high > avr->flashend + 1u || range.low >= range.high) {
    fail("a function lies outside the flash");
  }
  for (address = range.low; inside != NOTHING && address < range.high; address += 2) {
    marks[address / 2] = inside;
  }
  marks[range.low / 2] = entry;
}

static void read_config(int fd) {
  char kind[16];
  range_t range;
  int fields;
  FILE *file = fdopen(fd, "r");
  if (file == NULL) {
    fail("cannot open the configuration");
  }
  while ((fields = fscanf(file, "%15s %u %u", kind, &range.low, &range.high)) == 3) {
    if (strcmp(kind, "caller") == 0) {
      mark(range, CALLER, CALLER_ENTRY);
    } else if (strcmp(kind, "inference") == 0) {
      mark(range, INFERENCE, INFERENCE_ENTRY);
    } else if (strcmp(kind, "layer") == 0) {
      mark(range, NOTHING, (uint16_t)(FIRST_LAYER + layer_count++));
    } else if (strcmp(kind, "memory") == 0 && memory_count < MEMORIES) {
      memories[memory_count++] = range;
    } else {
      fail("unknown word in the configuration");
    }
  }
  if (fields != EOF) {
    fail("the configuration is damaged");
  }
  fclose(file);
  record_words = 2 + 2 * layer_count + (1 + layer_count) * (memory_count + 1);
  record = calloc(record_words, sizeof *record);
  if (record == NULL) {
    fail("out of memory");
  }
  layer_costs = record + 2;
  inference_reads = layer_costs + 2 * layer_count;
  layer_reads = inference_reads + memory_count + 1;
  reads = outside_reads;
}

void counting_init(avr_t *core, int config_fd, int records) {
  avr = core;
  records_fd = records;
  marks = calloc((avr->flashend + 1u) / 2 + 1, sizeof *marks);
  if (marks == NULL) {
    fail("out of memory");
  }
  if (config_fd >= 0) {
    read_config(config_fd);
  }
}

void counting_step(void) {
  uint32_t at = avr->pc;
  uint64_t before = avr->cycle;
  uint16_t code = (uint16_t)(avr->flash[at] | avr->flash[at + 1] << 8);
  int counts = !in_interrupt && avr->state == cpu_Running;
  if (counts) {
    if (marks[at / 2] != NOTHING) {
      pass(marks[at / 2]);
    }
    if (is_open) {
      note_reads_of(code, (uint16_t)(avr->flash[at + 2] | avr->flash[at + 3] << 8));
    }
  }
  (void)avr_run(avr);
  if (counts) {
    instructions += 1;
    cycles += avr->cycle - before;
  }
  if (in_interrupt) {
    in_interrupt = code != RETI;
  } else {
    in_interrupt = at >= VECTORS_END && avr->pc < VECTORS_END && avr->pc != avr->reset_pc;
  }
}
