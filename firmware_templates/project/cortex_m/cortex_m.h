/* SPDX-License-Identifier: Apache-2.0 */
/* What the HALs of chips with a Cortex-M share: start-up, faults, the interrupt controller, restarts, sleep. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

#define NVIC_WORD(base, irq) (((volatile uint32_t *)(base))[(irq) / 32u])
#define NVIC_ENABLE(irq) (NVIC_WORD(0xE000E100u, irq) = 1u << (irq) % 32u)
#define NVIC_DISABLE(irq) (NVIC_WORD(0xE000E180u, irq) = 1u << (irq) % 32u)
#define NVIC_CLEAR_PENDING(irq) (NVIC_WORD(0xE000E280u, irq) = 1u << (irq) % 32u)

/* What a HAL brings: its header cortex_m_hal.h with the numbers HAL_IRQS and HAL_RECEIVE_IRQ, and these two. */
void hal_on_receive(void);            /* interrupt of the serial port */
void hal_wait_for_interrupt(void);    /* interrupts are masked; WFI, and what keeps the timer's upper bits right */

/* For the end of hal_init. */
void cortex_m_allow_interrupts(void);

/* For hal_reset. */
__attribute__((noreturn)) void cortex_m_restart(uint32_t cause);

/* Data and instructions are complete, then sleep. */
void cortex_m_sleep(void);

#endif
