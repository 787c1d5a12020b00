/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's LX60 without MMU: 16550 UART, the FPGA's register of resets, CCOUNT. Nothing interrupts: bytes are polled. */
#include "board.h"

#define UART(number) (*(volatile uint32_t *)(0x9D050020u + 4u * (number)))
#define FPGA_RESET (*(volatile uint32_t *)0x9D020010u)

void board_init(void)
{
}

int board_get(void)
{
  while ((UART(5) & 1u) == 0) {
  }
  return (int)UART(0);
}

void board_put(int byte)
{
  while ((UART(5) & 0x20u) == 0) {
  }
  UART(0) = (uint8_t)byte;
}

uint32_t board_ticks(void)
{
  uint32_t ticks;

  __asm__ volatile("rsr.ccount %0" : "=r"(ticks));
  return ticks;
}

void board_crash(void)
{
  for (;;) { /* the board has nothing that ends QEMU */
  }
}

void board_reset(void)
{
  FPGA_RESET = 0xDEADu;
  for (;;) {
  }
}
