/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's RISC-V machine "virt": a 16550 UART, the PLIC, the CLINT's mtime and the test device, in machine mode. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"

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

#define MSTATUS_MIE 0x8u
#define MIE_EXTERNAL 0x800u
#define CAUSE_EXTERNAL 0x8000000Bu

void riscv_on_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack_pointer);

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
    bare_metal_keep(UART_DATA);
  }
}

static __attribute__((noreturn)) void sleep_forever(void)
{
  __asm__ volatile("csrc mstatus, %0\n csrw mie, zero" ::"r"(MSTATUS_MIE) : "memory");
  for (;;) {
    __asm__ volatile("wfi");
  }
}

static __attribute__((noreturn)) void restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  __asm__ volatile("fence" ::: "memory");
  TEST_DEVICE = TEST_RESET;
  sleep_forever();
}

/* Called by the trap entry of start.S: an interrupt of the UART, or a fault. */
void riscv_on_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack_pointer)
{
  if (cause == CAUSE_EXTERNAL) {
    uint32_t irq = PLIC_CLAIM;
    receive();
    PLIC_CLAIM = irq;
    return;
  }
  put_text("\r\nFAULT");
  put_register(" mcause=", cause);
  put_register(" pc=", pc);
  put_register(" mtval=", value);
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
  UART_INTERRUPT_ENABLE = 0x01;
  PLIC_PRIORITY(UART_IRQ) = 1;
  PLIC_ENABLE = 1u << UART_IRQ;
  PLIC_THRESHOLD = 0;
  __asm__ volatile("csrw mie, %0\n csrs mstatus, %1" ::"r"(MIE_EXTERNAL), "r"(MSTATUS_MIE) : "memory");
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = bare_metal_take(bytes, size);
  if (taken > 0) {
    UART_INTERRUPT_ENABLE = 0x01; /* a full ring had switched it off */
  }
  return taken;
}

/* WFI ends at a pending interrupt even while mstatus masks it, so none is lost between the look at the ring and WFI. */
void hal_wait(void)
{
  __asm__ volatile("csrc mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
  if (bare_metal_is_empty()) {
    __asm__ volatile("wfi" ::: "memory");
  }
  __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    put_byte(bytes[i]);
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

void hal_reset(void)
{
  restart(CAUSE_SOFTWARE);
}
