/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's board LX60 without MMU, with an lx106 in it: a 16550 UART, the FPGA's register of resets, the core's CCOUNT.
 * Where they lie and which interrupts they raise stands in the board's file. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"

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
#define CAUSE_INTERRUPT 4u /* EXCCAUSE: an interrupt of level 1 */

/* Special registers by name; the barrier makes what is written hold for the next instruction. */
#define GET(name, value) __asm__ volatile("rsr." name " %0" : "=r"(value) : : "memory")
#define SET(name, value) __asm__ volatile("wsr." name " %0\n rsync" : : "r"(value) : "memory")
#define MASK_INTERRUPTS(old) __asm__ volatile("rsil %0, 1" : "=r"(old) : : "memory")
#define WAIT(level) __asm__ volatile("waiti " #level : : : "memory") /* sets the level, then sleeps */

static uint32_t ticks_high;
static uint32_t ticks_low;

void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer);

static void put_byte(uint8_t byte)
{
  while ((UART_LINE_STATUS & STATUS_SEND_EMPTY) == 0u) {
  }
  UART_DATA = byte;
}

static void put_text(const char *text)
{
  while (*text != '\0') {
    put_byte((uint8_t)*text++);
  }
}

static void put_register(const char *name, uint32_t value)
{
  put_text(name);
  for (int shift = 28; shift >= 0; shift -= 4) {
    put_byte((uint8_t) "0123456789abcdef"[(value >> shift) & 15u]);
  }
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

static __attribute__((noreturn)) void sleep_forever(void)
{
  SET("intenable", 0u);
  for (;;) {
    WAIT(15);
  }
}

static __attribute__((noreturn)) void restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  FPGA_RESET = RESET_KEY;
  sleep_forever();
}

/* Called from the vectors of start.S: an interrupt, or a fault. */
void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer)
{
  if (cause == CAUSE_INTERRUPT) {
    uint32_t pending;
    GET("interrupt", pending);
    if ((pending & INTERRUPT_TIMER) != 0u) {
      SET("ccompare0", 0u); /* what is written clears the interrupt; zero again, the next wrap */
    }
    receive();
    return;
  }
  put_text("\r\nFAULT");
  put_register(" exccause=", cause);
  put_register(" pc=", pc);
  put_register(" excvaddr=", address);
  put_register(" sp=", stack_pointer);
  put_text("\r\n");
  if (!bare_metal_restart_helps()) {
    sleep_forever();
  }
  restart(CAUSE_FAULT);
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
    put_byte(bytes[i]);
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

void hal_reset(void)
{
  restart(CAUSE_SOFTWARE);
}
