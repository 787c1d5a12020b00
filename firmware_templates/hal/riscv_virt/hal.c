/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's RISC-V machine "virt": a 16550 UART, the PLIC, the CLINT's mtime and the test device, in machine mode. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"
#include "riscv.h"

#define UART_BYTE(offset) (*(volatile uint8_t *)(0x10000000u + (offset)))
#define UART_DATA UART_BYTE(0)
#define UART_INTERRUPT_ENABLE UART_BYTE(1)
#define UART_FIFO_CONTROL UART_BYTE(2)
#define UART_LINE_CONTROL UART_BYTE(3)
#define UART_LINE_STATUS UART_BYTE(5)
#define STATUS_RECEIVED 0x01u
#define STATUS_SEND_EMPTY 0x20u
#define STATUS_SENT 0x40u /* nothing is left in the FIFO or the shift register */

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
    bare_metal_keep(UART_DATA);
  }
}

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

  UART_LINE_CONTROL = 0x03; /* 8 bits, no parity, 1 stop bit; the emulated line has no speed */
  UART_FIFO_CONTROL = 0x07; /* FIFOs on and empty, interrupt at the first byte */
  UART_INTERRUPT_ENABLE = 0x01;
  PLIC_PRIORITY(UART_IRQ) = 1;
  PLIC_ENABLE = 1u << UART_IRQ;
  PLIC_THRESHOLD = 0;
  riscv_allow_interrupts();
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = bare_metal_take(bytes, size);
  if (taken > 0) {
    UART_INTERRUPT_ENABLE = 0x01; /* a full ring had switched it off */
  }
  return taken;
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  while ((UART_LINE_STATUS & STATUS_SENT) == 0u) {
  }
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

uint32_t hal_clock_hz(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the emulated board has none */
}
