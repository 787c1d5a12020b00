/* SPDX-License-Identifier: Apache-2.0 */
/* What HALs without an operating system share, and the part of the HAL that is the same for all of them. */
#include "bare_metal.h"

#include <string.h>
#ifdef __AVR__
#include <avr/io.h>
#endif

#include "harness_config.h"
#include "harness_hal.h"

#define RETAINED_MAGIC 0x48524E53u
#define FAULTS_IN_A_ROW 3u

/* Survives a restart: start-up neither clears nor copies it. Without the magic, its content is that of power on. */
static struct {
  uint32_t magic;
  uint32_t boots;
  uint32_t next_cause;
  uint32_t faults; /* in a row, without a byte from the host between them */
} retained __attribute__((section(".noinit")));

static uint8_t reset_cause;

/* A power of two, one byte of which stays free. An index is read and written in one instruction: on AVR it has 8 bits. */
#ifdef HAL_RING_BYTES
#define RING_SIZE HAL_RING_BYTES
#else
#define RING_SIZE 1024u
#endif
#if RING_SIZE <= 256u
typedef uint8_t ring_index_t;
#else
typedef uint32_t ring_index_t;
#endif
static uint8_t ring[RING_SIZE];
static volatile ring_index_t ring_head; /* written by the interrupt alone */
static volatile ring_index_t ring_tail; /* written by hal_read alone */

extern uint8_t __stack_limit;

void bare_metal_note_start(void)
{
  if (retained.magic != RETAINED_MAGIC) {
    memset(&retained, 0, sizeof retained);
    retained.magic = RETAINED_MAGIC;
    retained.next_cause = CAUSE_POWER_ON;
  }
  retained.boots += 1u;
  reset_cause = (uint8_t)retained.next_cause;
  retained.next_cause = 0; /* whatever restarts the core without telling remains unknown */
}

void bare_metal_note_restart(uint32_t cause)
{
  retained.next_cause = cause;
}

int bare_metal_restart_helps(void)
{
  retained.faults += 1u;
  return retained.faults < FAULTS_IN_A_ROW;
}

int bare_metal_is_full(void)
{
  return (ring_index_t)(ring_head - ring_tail) == RING_SIZE - 1u;
}

int bare_metal_is_empty(void)
{
  return ring_tail == ring_head;
}

void bare_metal_keep(uint8_t byte)
{
  ring[ring_head % RING_SIZE] = byte;
  ring_head = (ring_index_t)(ring_head + 1u);
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = 0;
  while (taken < size && ring_tail != ring_head) {
    bytes[taken++] = ring[ring_tail % RING_SIZE];
    ring_tail = (ring_index_t)(ring_tail + 1u);
  }
  if (taken > 0) {
    retained.faults = 0;
    bare_metal_receive_again();
  }
  return taken;
}

uint64_t bare_metal_long_ticks(uint32_t low)
{
  static uint32_t high;
  static uint32_t before;

  if (low < before) {
    high += 1u;
  }
  before = low;
  return ((uint64_t)high << 32) | low;
}

uint32_t hal_clock_hz(void)
{
  return HARNESS_CLOCK_HZ;
}

uint8_t hal_reset_cause(void)
{
  return reset_cause;
}

uint32_t hal_boot_count(void)
{
  return retained.boots;
}

uint8_t *hal_stack_limit(void)
{
  return &__stack_limit;
}

uint32_t hal_heap_bytes(void)
{
  return 0; /* there is no heap: the linker script gives no memory to one */
}

#ifdef __AVR__
/* Flash is another address space; of this one only RAM can be read without effect. */
int hal_readable(uintptr_t address, uint32_t size)
{
  return address >= RAMSTART && address <= RAMEND && size <= (uint32_t)RAMEND + 1u - address;
}
#else
int hal_readable(uintptr_t address, uint32_t size)
{
  static const struct {
    uint32_t address;
    uint32_t size;
  } memories[] = {HARNESS_MEMORIES};

  for (size_t i = 0; i < sizeof memories / sizeof memories[0]; ++i) {
    uintptr_t offset = address - memories[i].address; /* wraps where the address lies below */
    if (offset < memories[i].size && size <= memories[i].size - offset) {
      return 1;
    }
  }
  return 0;
}
#endif
