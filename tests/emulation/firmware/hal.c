/* SPDX-License-Identifier: Apache-2.0 */
/* A board by the HAL of its firmware. */
#include "harness_hal.h"

#include "board.h"

void board_init(void)
{
  hal_init();
}

int board_get(void)
{
  uint8_t byte;

  while (hal_read(&byte, 1) == 0) {
    hal_wait();
  }
  return byte;
}

void board_put(int byte)
{
  uint8_t sent = (uint8_t)byte;

  hal_write(&sent, 1);
}

uint32_t board_ticks(void)
{
  return (uint32_t)hal_ticks();
}

/* A fault without handlers: the core goes from one into the next. */
void board_crash(void)
{
  void (*volatile nowhere)(void) = (void (*)(void))0xF0000000u;

#ifdef __XTENSA__
  __asm__ volatile("movi a2, 0\n wsr.vecbase a2\n rsync" : : : "a2");
#else
  __asm__ volatile("csrw mtvec, zero");
#endif
  nowhere();
}

void board_reset(void)
{
  hal_reset();
}
