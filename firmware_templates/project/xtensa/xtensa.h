/* SPDX-License-Identifier: Apache-2.0 */
/* What the HALs of chips with an Xtensa core share: start-up, exceptions, faults, sleep. The ABI is "call0". */
#ifndef XTENSA_H
#define XTENSA_H

#include <stdint.h>

/* Special registers by name; the barrier makes what is written hold for the next instruction. */
#define GET(name, value) __asm__ volatile("rsr." name " %0" : "=r"(value) : : "memory")
#define SET(name, value) __asm__ volatile("wsr." name " %0\n rsync" : : "r"(value) : "memory")
#define MASK_INTERRUPTS(old) __asm__ volatile("rsil %0, 1" : "=r"(old) : : "memory")
#define WAIT(level) __asm__ volatile("waiti " #level : : : "memory") /* sets the level, then sleeps */

/* What a HAL brings, besides hal_entry and the vectors. */
void hal_on_interrupt(void);                              /* an interrupt of level 1 */
__attribute__((noreturn)) void hal_restart(uint32_t cause); /* starts the firmware anew */

__attribute__((noreturn)) void xtensa_sleep_forever(void);

#endif
