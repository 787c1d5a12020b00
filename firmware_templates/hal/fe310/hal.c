/* SPDX-License-Identifier: Apache-2.0 */
/* SiFive FE310-G000: UART 0, the PLIC and the core's cycle counter, in machine mode (FE310-G000 Manual 2p3: 18, 10,
 * 6; addresses and bits are as in e310x.svd of the e310x crate). The watchdog runs only once it is told to. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"
#include "riscv.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define PRCI_CRYSTAL REGISTER(0x10008004u)
#define PRCI_PLL REGISTER(0x10008008u)
#define CRYSTAL_ON (1u << 30)
#define CRYSTAL_READY (1u << 31)
#define PLL_SELECTED (1u << 16)
#define PLL_FROM_CRYSTAL (1u << 17)
#define PLL_BYPASSED (1u << 18)
#define CRYSTAL_POLLS 100000u

#define GPIO_FUNCTION_ENABLE REGISTER(0x10012038u)
#define GPIO_FUNCTION_SELECT REGISTER(0x1001203Cu)
#define GPIO_UART0 (3u << 16) /* pins 16 and 17, function 0 */

#define UART(offset) REGISTER(HAL_UART0 + (offset))
#define UART_SEND UART(0x00u)
#define UART_RECEIVE UART(0x04u)
#define UART_SEND_CONTROL UART(0x08u)
#define UART_RECEIVE_CONTROL UART(0x0Cu)
#define UART_INTERRUPT_ENABLE UART(0x10u)
#define UART_DIVISOR UART(0x18u)
#define SEND_FULL (1u << 31)
#define RECEIVE_EMPTY (1u << 31)
#define SWITCHED_ON 1u
#define INTERRUPT_RECEIVED 2u /* more bytes wait than the watermark, which is 0 */

#define PLIC_PRIORITY(irq) REGISTER(0x0C000000u + 4u * (irq))
#define PLIC_ENABLE(irq) REGISTER(0x0C002000u + 4u * ((irq) / 32u))
#define PLIC_THRESHOLD REGISTER(0x0C200000u)
#define PLIC_CLAIM REGISTER(0x0C200004u)

static void start_uart(void)
{
  GPIO_FUNCTION_SELECT &= ~GPIO_UART0;
  GPIO_FUNCTION_ENABLE |= GPIO_UART0;
  UART_DIVISOR = (HARNESS_CLOCK_HZ + HARNESS_BAUD / 2u) / HARNESS_BAUD - 1u;
  UART_SEND_CONTROL = SWITCHED_ON;
  UART_RECEIVE_CONTROL = SWITCHED_ON;
}

void hal_put_byte(uint8_t byte)
{
  if ((UART_SEND_CONTROL & SWITCHED_ON) == 0u) {
    start_uart();
  }
  while ((UART_SEND & SEND_FULL) != 0u) {
  }
  UART_SEND = byte;
}

static void receive(void)
{
  while (!bare_metal_is_full()) {
    uint32_t data = UART_RECEIVE; /* the byte, and whether it is one, in a single read */
    if ((data & RECEIVE_EMPTY) != 0u) {
      return;
    }
    bare_metal_keep((uint8_t)data);
  }
  UART_INTERRUPT_ENABLE = 0; /* the rest waits in the UART until hal_read has made room */
}

/* The chip has no register that resets it: start-up is run anew, with all that it and hal_init set up. */
void hal_restart(uint32_t cause)
{
  riscv_mask_interrupts();
  bare_metal_note_restart(cause);
  hal_entry();
}

void hal_on_interrupt(void)
{
  uint32_t irq = PLIC_CLAIM;
  receive();
  PLIC_CLAIM = irq;
}

/* 16 MHz from the board's crystal, past the PLL: the oscillator that runs after reset is too far off for a serial line.
 * A crystal that never says that it is ready is taken for an emulated one. */
static void start_clock(void)
{
  PRCI_CRYSTAL = CRYSTAL_ON;
  for (uint32_t polls = 0; (PRCI_CRYSTAL & CRYSTAL_READY) == 0u && polls < CRYSTAL_POLLS; ++polls) {
  }
  PRCI_PLL = PLL_FROM_CRYSTAL | PLL_BYPASSED;
  PRCI_PLL = PLL_FROM_CRYSTAL | PLL_BYPASSED | PLL_SELECTED;
}

void hal_init(void)
{
  bare_metal_note_start();

  start_clock();
  start_uart();
  UART_INTERRUPT_ENABLE = INTERRUPT_RECEIVED;
  PLIC_PRIORITY(HAL_UART0_IRQ) = 1;
  PLIC_ENABLE(HAL_UART0_IRQ) = 1u << HAL_UART0_IRQ % 32u;
  PLIC_THRESHOLD = 0;
  riscv_allow_interrupts();
}

void bare_metal_receive_again(void)
{
  UART_INTERRUPT_ENABLE = INTERRUPT_RECEIVED;
}

/* The UART tells when its FIFO has room, not when its last bit has left; sending raises no interrupt. */
void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
}

/* Cycles of the core: the chip's own time base, of 32,768 Hz, is too coarse. */
uint64_t hal_ticks(void)
{
  uint32_t high;
  uint32_t low;
  uint32_t again;
  do {
    __asm__ volatile("csrr %0, mcycleh\n csrr %1, mcycle\n csrr %2, mcycleh" : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  return ((uint64_t)high << 32) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the chip has none */
}
