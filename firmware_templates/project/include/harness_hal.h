/* SPDX-License-Identifier: Apache-2.0 */
/* What the runner needs of a board. One folder of hal/ implements it. */
#ifndef HARNESS_HAL_H
#define HARNESS_HAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bring up clock, serial port (receive interrupt where there is one) and timer. Called once, first. */
void hal_init(void);

/* Take received bytes, at most `size`; returns how many. Never waits. */
size_t hal_read(uint8_t *bytes, size_t size);

/* Sleep until bytes may have arrived (WFI or the like); may return early. */
void hal_wait(void);

/* Send all bytes; returns when the last has left, so that no transmit interrupt falls into a timed inference. */
void hal_write(const uint8_t *bytes, size_t size);

/* Free-running timer, counting up, and its frequency. */
uint64_t hal_ticks(void);
uint32_t hal_ticks_per_second(void);
uint32_t hal_clock_hz(void);

/* Up to 16 bytes that tell one chip from another of its kind (zero where there are none). */
void hal_chip_id(uint8_t id[16]);

/* 0 unknown, 1 power on, 2 software, 3 watchdog, 4 fault. */
uint8_t hal_reset_cause(void);

/* Number of starts since power on: kept in memory that start-up does not clear, where there is such. */
uint32_t hal_boot_count(void);

/* Restart the device; does not return. */
void hal_reset(void);

/* Lowest address of the stack (it grows downwards), for painting; NULL where it is not known. */
uint8_t *hal_stack_limit(void);

/* Bytes of heap taken so far. */
uint32_t hal_heap_bytes(void);

/* Whether `size` bytes at `address` may be read without a fault. The runner has a weak one that always denies it. */
int hal_readable(uintptr_t address, uint32_t size);

#ifdef __cplusplus
}
#endif

#endif
