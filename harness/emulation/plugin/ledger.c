/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "configuration.h"

enum { BUCKETS = 1 << 12 };

typedef struct {
  uint8_t what;
  uint16_t times;
} addend_t;

typedef struct segment {
  struct segment *next; /* of the same bucket */
  uint64_t address;
  uint64_t settled; /* executions */
  slot_t slot;
  size_t addend_count;
  addend_t addends[];
} segment_t;

uint64_t *part;

static segment_t *buckets[BUCKETS];
static segment_t **segments;
static size_t segment_count;
static slot_t slots[SLOTS];

static segment_t *new_segment(uint64_t address, const addend_t *addends, size_t count) {
  segment_t *segment = calloc(1, sizeof *segment + count * sizeof *addends);
  if (segment_count % SLOTS == 0) {
    segments = realloc(segments, (segment_count + SLOTS) * sizeof(segment_t *));
    if (segments == NULL || !make_slots(slots)) {
      fail("out of memory");
    }
  }
  if (segment == NULL) {
    fail("out of memory");
  }
  segment->address = address;
  segment->slot = slots[segment_count % SLOTS];
  segment->addend_count = count;
  memcpy(segment->addends, addends, count * sizeof *addends);
  segments[segment_count++] = segment;
  return segment;
}

slot_t segment_slot(uint64_t address, const uint16_t worth[WORTH]) {
  segment_t **bucket = &buckets[(address >> 1) % BUCKETS], *segment;
  addend_t addends[WORTH];
  size_t count = 0, what;
  memset(addends, 0, sizeof addends); /* they are compared with their padding */
  for (what = 0; what < WORTH; ++what) {
    if (worth[what] != 0) {
      addends[count].what = (uint8_t)what;
      addends[count++].times = worth[what];
    }
  }
  for (segment = *bucket; segment != NULL; segment = segment->next) {
    if (segment->address == address && segment->addend_count == count &&
        memcmp(segment->addends, addends, count * sizeof *addends) == 0) {
      return segment->slot;
    }
  }
  segment = new_segment(address, addends, count);
  segment->next = *bucket;
  *bucket = segment;
  return segment->slot;
}

void settle_segments(void) {
  size_t index, addend;
  for (index = 0; index < segment_count; ++index) {
    segment_t *segment = segments[index];
    uint64_t executed = slot_value(segment->slot), times = executed - segment->settled;
    if (times != 0) {
      segment->settled = executed;
      for (addend = 0; addend < segment->addend_count; ++addend) {
        part[segment->addends[addend].what] += times * segment->addends[addend].times;
      }
    }
  }
}
