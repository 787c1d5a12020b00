/* SPDX-License-Identifier: Apache-2.0 */
/* What the chips of the family do each in their own way, and the two kinds of core. Addresses stand in the board's file;
 * they and the layouts of the registers are those of the chips' Technical Reference Manuals. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* One line of the core's interrupts is used: a level, on each of the chips. */
#ifdef __XTENSA__
#define CORE_LINE 0u
#else
#define CORE_LINE 1u
#endif

/* The mask ROM leaves a watchdog running that would restart the chip a second after its start. */
void chip_stop_watchdogs(void);

/* Make the part of the flash chip that holds constants readable at its address in the data space. */
void chip_map_flash(void);

/* Point the entries of the cache's table, one a word, at the pages of flash that hold constants; for chip_map_flash. */
void chip_fill_pages(volatile uint32_t *table);

/* A counter of 64 bits that the clock of the core does not change, or that is set to a known rate. */
void chip_start_timer(void);
uint64_t chip_ticks(void);

/* Send the interrupts of UART0 to CORE_LINE, and let the core take them. */
void core_allow_interrupts(void);

/* Sleep for good. */
__attribute__((noreturn)) void core_sleep_forever(void);

/* Called by a core: bytes have arrived. */
void hal_on_interrupt(void);

/* Called by a core on a fault, to start anew. */
__attribute__((noreturn)) void hal_restart(uint32_t cause);

#endif
