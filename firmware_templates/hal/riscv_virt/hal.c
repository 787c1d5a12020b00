/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's RISC-V machine "virt": a 16550 UART, the PLIC, the CLINT's mtime and the test device, in machine mode. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"
#include "riscv.h"

#define UART(number) (((volatile uint8_t *)0x10000000u)[number])
#include "uart_16550.h"

#define PLIC_PRIORITY(irq) (*(volatile uint32_t *)(0x0C000000u + 4u * (irq)))
#define PLIC_ENABLE (*(volatile uint32_t *)0x0C002000u)    /* hart 0, machine mode */
#define PLIC_THRESHOLD (*(volatile uint32_t *)0x0C200000u)
#define PLIC_CLAIM (*(volatile uint32_t *)0x0C200004u)
#define UART_IRQ 10u

#define MTIME_LOW (*(volatile uint32_t *)0x0200BFF8u)
#define MTIME_HIGH (*(volatile uint32_t *)0x0200BFFCu)
#define MTIME_HZ 10000000u

#define TEST_DEVICE (*(volatile uint32_t *)0x00100000u)
#define TEST_RESET 0x7777u

void hal_restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  __asm__ volatile("fence" ::: "memory");
  TEST_DEVICE = TEST_RESET;
  riscv_sleep_forever();
}

void hal_on_interrupt(void)
{
  uint32_t irq = PLIC_CLAIM;
  receive();
  PLIC_CLAIM = irq;
}

void hal_init(void)
{
  bare_metal_note_start();

  start_uart();
  PLIC_PRIORITY(UART_IRQ) = 1;
  PLIC_ENABLE = 1u << UART_IRQ;
  PLIC_THRESHOLD = 0;
  riscv_allow_interrupts();
}

/* mtime, at 10 MHz: with QEMU's -icount shift=0 one tick is 100 instructions. */
uint64_t hal_ticks(void)
{
  uint32_t high;
  uint32_t low;
  do {
    high = MTIME_HIGH;
    low = MTIME_LOW;
  } while (high != MTIME_HIGH);
  return ((uint64_t)high << 32) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return MTIME_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the emulated board has none */
}
