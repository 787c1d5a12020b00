/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V virt: 16550 UART, PLIC, CLINT. Interrupts stay masked: a pending one ends WFI, and nothing runs in between. */
#include "board.h"

#define UART(offset) (*(volatile uint8_t *)(0x10000000u + (offset)))
#define PLIC(offset) (*(volatile uint32_t *)(0x0C000000u + (offset)))
#define MTIME_LOW (*(volatile uint32_t *)0x0200BFF8u)
#define FINISHER (*(volatile uint32_t *)0x00100000u)
#define UART_IRQ 10

void board_init(void)
{
  UART(1) = 1; /* interrupt on receive */
  PLIC(4 * UART_IRQ) = 1;
  PLIC(0x2000) = 1u << UART_IRQ;
  PLIC(0x200000) = 0;
  __asm__ volatile("csrw mie, %0" ::"r"(1u << 11));
}

int board_get(void)
{
  while ((UART(5) & 1u) == 0) {
    PLIC(0x200004) = PLIC(0x200004); /* claim and complete what has been seen to */
    if ((UART(5) & 1u) == 0) {
      __asm__ volatile("wfi");
    }
  }
  return UART(0);
}

void board_put(int byte)
{
  while ((UART(5) & 0x20u) == 0) {
  }
  UART(0) = (uint8_t)byte;
}

uint32_t board_ticks(void)
{
  return MTIME_LOW;
}

void board_crash(void)
{
  FINISHER = 0x00073333u; /* fail, code 7: QEMU ends with it */
}

void board_reset(void)
{
  FINISHER = 0x7777u;
  for (;;) {
  }
}
