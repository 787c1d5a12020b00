/* SPDX-License-Identifier: Apache-2.0 */
/* What HALs without an operating system share: memory that outlives a restart, received bytes, readable memories. */
#ifndef BARE_METAL_H
#define BARE_METAL_H

#include <stddef.h>
#include <stdint.h>

/* What hal_reset_cause answers. */
enum { CAUSE_POWER_ON = 1, CAUSE_SOFTWARE = 2, CAUSE_FAULT = 4 };

/* First in hal_init: counts the start and takes up its cause. */
void bare_metal_note_start(void);

/* Right before a restart: its cause. */
void bare_metal_note_restart(uint32_t cause);

/* On a fault: whether a restart may help. Not after the third without a byte from the host between them: then be quiet,
 * and cost the host nothing. */
int bare_metal_restart_helps(void);

/* What a HAL brings that tells of faults: it waits for room, and works without hal_init. */
void hal_put_byte(uint8_t byte);

/* What is said on a fault. */
void bare_metal_put_text(const char *text);
void bare_metal_put_register(const char *name, uint32_t value); /* eight hexadecimal digits behind the name */

/* Bytes on their way from the receive interrupt, which keeps them, to hal_read, which takes them. Where there is no room
 * the interrupt switches itself off and leaves the rest in the port. */
int bare_metal_is_full(void);
int bare_metal_is_empty(void);
void bare_metal_keep(uint8_t byte); /* there must be room */

/* What a HAL brings: hal_read has made room, so the receive interrupt is switched on. */
void bare_metal_receive_again(void);

/* A timer of 32 bits as one of 64: the upper ones are counted whenever the lower have wrapped since the last look. */
uint64_t bare_metal_long_ticks(uint32_t low);

#endif
