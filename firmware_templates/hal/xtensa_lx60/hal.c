/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's board LX60 without MMU, with an lx106 in it: a 16550 UART, the FPGA's register of resets, the core's CCOUNT.
 * Where they lie and which interrupts they raise stands in the board's file. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"
#include "xtensa.h"

#define UART(number) (((volatile uint32_t *)HAL_UART0)[number]) /* a register every four bytes */
#define UART_DATA UART(0)
#define UART_INTERRUPT_ENABLE UART(1)
#define UART_FIFO_CONTROL UART(2)
#define UART_LINE_CONTROL UART(3)
#define UART_MODEM_CONTROL UART(4)
#define UART_LINE_STATUS UART(5)
#define STATUS_RECEIVED 0x01u
#define STATUS_SEND_EMPTY 0x20u
#define STATUS_SENT 0x40u /* nothing is left in the FIFO or the shift register */
#define MODEM_INTERRUPT 0x08u

#define FPGA_RESET (*(volatile uint32_t *)(HAL_FPGA + 0x10u))
#define RESET_KEY 0xDEADu

#define INTERRUPT_UART (1u << HAL_UART0_IRQ)
#define INTERRUPT_TIMER (1u << HAL_TIMER_IRQ)

static uint32_t ticks_high;
static uint32_t ticks_low;

void hal_put_byte(uint8_t byte)
{
  while ((UART_LINE_STATUS & STATUS_SEND_EMPTY) == 0u) {
  }
  UART_DATA = byte;
}

static void receive(void)
{
  while ((UART_LINE_STATUS & STATUS_RECEIVED) != 0u) {
    if (bare_metal_is_full()) {
      UART_INTERRUPT_ENABLE = 0; /* the rest waits in the UART until hal_read has made room */
      return;
    }
    bare_metal_keep((uint8_t)UART_DATA);
  }
}

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

  UART_LINE_CONTROL = 0x03; /* 8 bits, no parity, 1 stop bit; the emulated line has no speed */
  UART_FIFO_CONTROL = 0x07; /* FIFOs on and empty, interrupt at the first byte */
  UART_MODEM_CONTROL = MODEM_INTERRUPT;
  UART_INTERRUPT_ENABLE = 0x01;
  SET("ccompare0", 0u);
  SET("intenable", INTERRUPT_UART);
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = bare_metal_take(bytes, size);
  if (taken > 0) {
    UART_INTERRUPT_ENABLE = 0x01; /* a full ring had switched it off */
  }
  return taken;
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

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  while ((UART_LINE_STATUS & STATUS_SENT) == 0u) {
  }
}

/* CCOUNT has 32 bits; the upper ones are counted here whenever the lower have wrapped since the last look. */
uint64_t hal_ticks(void)
{
  uint32_t low;

  GET("ccount", low);
  if (low < ticks_low) {
    ticks_high += 1u;
  }
  ticks_low = low;
  return ((uint64_t)ticks_high << 32) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ;
}

uint32_t hal_clock_hz(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the emulated board has none */
}
