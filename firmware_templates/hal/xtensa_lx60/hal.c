/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's board LX60 without MMU, with an lx106 in it: a 16550 UART, the FPGA's register of resets, the core's CCOUNT.
 * Where they lie and which interrupts they raise stands in the board's file. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"
#include "xtensa.h"

#define UART(number) (((volatile uint32_t *)HAL_UART0)[number]) /* a register every four bytes */
#include "uart_16550.h"

#define FPGA_RESET (*(volatile uint32_t *)(HAL_FPGA + 0x10u))
#define RESET_KEY 0xDEADu

#define INTERRUPT_UART (1u << HAL_UART0_IRQ)
#define INTERRUPT_TIMER (1u << HAL_TIMER_IRQ)

void hal_restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  FPGA_RESET = RESET_KEY;
  xtensa_sleep_forever();
}

void hal_on_interrupt(void)
{
  uint32_t pending;

  GET("interrupt", pending);
  if ((pending & INTERRUPT_TIMER) != 0u) {
    SET("ccompare0", 0u); /* what is written clears the interrupt; zero again, the next wrap */
  }
  receive();
}

void hal_init(void)
{
  bare_metal_note_start();

  start_uart();
  SET("ccompare0", 0u);
  SET("intenable", INTERRUPT_UART);
}

/* WAITI lets interrupts in again, so that one that arrives between the look at the ring and it ends it at once. The
 * timer's wrap, every 107 s, ends it too, so that hal_ticks misses none; elsewhere it does not interrupt. */
void hal_wait(void)
{
  uint32_t status;

  MASK_INTERRUPTS(status);
  if (bare_metal_is_empty()) {
    SET("intenable", INTERRUPT_UART | INTERRUPT_TIMER);
    WAIT(0);
    SET("intenable", INTERRUPT_UART);
    (void)hal_ticks();
  }
  SET("ps", status);
}

uint64_t hal_ticks(void)
{
  uint32_t low;

  GET("ccount", low);
  return bare_metal_long_ticks(low);
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the emulated board has none */
}
