/* SPDX-License-Identifier: Apache-2.0 */
/* What the HALs of chips with a RISC-V core in machine mode share: start-up, traps, faults, sleep. */
#ifndef RISCV_H
#define RISCV_H

#include <stdint.h>

/* What a HAL brings. */
__attribute__((noreturn)) void hal_entry(void);           /* of start.S */
void hal_on_interrupt(void);                              /* any interrupt of the core */
__attribute__((noreturn)) void hal_restart(uint32_t cause); /* starts the firmware anew */

/* For the end of hal_init: interrupts from outside the core. */
void riscv_allow_interrupts(void);

void riscv_mask_interrupts(void);
__attribute__((noreturn)) void riscv_sleep_forever(void);

#endif
