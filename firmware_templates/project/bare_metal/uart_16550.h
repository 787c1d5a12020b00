/* SPDX-License-Identifier: Apache-2.0 */
/* A UART of the kind 16550, for the HALs that have one: it includes this once, with UART(number) for its registers. */
#ifndef UART_16550_H
#define UART_16550_H

#include <stddef.h>
#include <stdint.h>

#include "bare_metal.h"
#include "harness_hal.h"

#define UART_DATA UART(0)
#define UART_INTERRUPT_ENABLE UART(1)
#define UART_FIFO_CONTROL UART(2)
#define UART_LINE_CONTROL UART(3)
#define UART_MODEM_CONTROL UART(4)
#define UART_LINE_STATUS UART(5)
#define INTERRUPT_RECEIVED 0x01u
#define MODEM_INTERRUPT 0x08u /* lets the interrupt out where it passes the modem's pins */
#define STATUS_RECEIVED 0x01u
#define STATUS_SEND_EMPTY 0x20u
#define STATUS_SENT 0x40u /* nothing is left in the FIFO or the shift register */

static void start_uart(void)
{
  UART_LINE_CONTROL = 0x03; /* 8 bits, no parity, 1 stop bit; the emulated line has no speed */
  UART_FIFO_CONTROL = 0x07; /* FIFOs on and empty, interrupt at the first byte */
  UART_MODEM_CONTROL = MODEM_INTERRUPT;
  UART_INTERRUPT_ENABLE = INTERRUPT_RECEIVED;
}

void hal_put_byte(uint8_t byte)
{
  while ((UART_LINE_STATUS & STATUS_SEND_EMPTY) == 0u) {
  }
  UART_DATA = byte;
}

/* For the receive interrupt. */
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

void bare_metal_receive_again(void)
{
  UART_INTERRUPT_ENABLE = INTERRUPT_RECEIVED;
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  while ((UART_LINE_STATUS & STATUS_SENT) == 0u) {
  }
}

#endif
