/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* fdopen */

#include "configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

configuration_t config = {.records_fd = -1, .isa = OTHER_ISA};
uint8_t memory_of[BLOCKS];

void fail(const char *what) {
  fprintf(stderr, "harness_counter: %s\n", what);
  exit(1);
}

size_t find_memory(uint64_t address) {
  size_t memory = 0;
  while (memory < config.memory_count && !holds(&config.memories[memory], address)) {
    ++memory;
  }
  return memory;
}

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
  FILE *file = fdopen(fd, "r");
  if (file == NULL) {
    fail("cannot open the configuration");
  }
  while ((fields = fscanf(file, "%15s %ju %ju", kind, &range.low, &range.high)) == 3) {
    if (strcmp(kind, "caller") == 0) {
      config.caller = range;
    } else if (strcmp(kind, "inference") == 0) {
      config.inference = range;
    } else if (strcmp(kind, "layer") == 0) {
      config.layers = append(config.layers, &config.layer_count, range);
    } else if (strcmp(kind, "memory") == 0) {
      config.memories = append(config.memories, &config.memory_count, range);
    } else {
      fail("unknown word in the configuration");
    }
  }
  if (fields != EOF || config.caller.high == 0 || config.inference.high == 0) {
    fail("the configuration is damaged");
  }
  fclose(file);
}

/* A block belongs to a memory if both its ends do and no memory begins or ends within; memories do not overlap. */
static void lay_out_blocks(void) {
  uint64_t block;
  size_t memory;
  for (block = 0; block < BLOCKS; ++block) {
    uint64_t low = block << BLOCK_SHIFT, high = low + (UINT64_C(1) << BLOCK_SHIFT);
    size_t found = find_memory(low);
    for (memory = 0; memory < config.memory_count; ++memory) {
      const range_t *range = &config.memories[memory];
      if ((range->low > low && range->low < high) || (range->high > low && range->high < high)) {
        found = MIXED;
      }
    }
    memory_of[block] = found < MIXED ? (uint8_t)found : MIXED;
  }
}

static void read_argument(const char *argument, int *config_fd) {
  if (strcmp(argument, "isa=thumb") == 0) {
    config.isa = THUMB;
  } else if (strcmp(argument, "isa=riscv") == 0) {
    config.isa = RISCV;
  } else if (strcmp(argument, "isa=xtensa") == 0) {
    config.isa = XTENSA;
  } else if (strcmp(argument, "isa=other") == 0) {
    config.isa = OTHER_ISA;
  } else if (sscanf(argument, "config=%d", config_fd) != 1 && sscanf(argument, "records=%d", &config.records_fd) != 1) {
    fail("unknown argument");
  }
}

void configure(int argc, char **argv) {
  int index, config_fd = -1;
  for (index = 0; index < argc; ++index) {
    read_argument(argv[index], &config_fd);
  }
  if (config_fd < 0 || config.records_fd < 0) {
    fail("needs the arguments config and records");
  }
  read_config(config_fd);
  lay_out_blocks();
}
