/* SPDX-License-Identifier: Apache-2.0 */
/* The UART of an nRF51 (nRF51 Series Reference Manual 3.0; the baud rate is that of Nordic's nrf51_bitfields.h). */
#include "nrf.h"

#ifdef HAL_UART0

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_hal.h"

#define UART_START_RECEIVE REGISTER(HAL_UART0 + 0x000u)
#define UART_START_SEND REGISTER(HAL_UART0 + 0x008u)
#define UART_RECEIVED REGISTER(HAL_UART0 + 0x108u)
#define UART_SENT REGISTER(HAL_UART0 + 0x11Cu)
#define UART_INTERRUPT_SET REGISTER(HAL_UART0 + 0x304u)
#define UART_INTERRUPT_CLEAR REGISTER(HAL_UART0 + 0x308u)
#define UART_ENABLE REGISTER(HAL_UART0 + 0x500u)
#define UART_PIN_SEND REGISTER(HAL_UART0 + 0x50Cu)
#define UART_PIN_RECEIVE REGISTER(HAL_UART0 + 0x514u)
#define UART_RECEIVE_DATA REGISTER(HAL_UART0 + 0x518u)
#define UART_SEND_DATA REGISTER(HAL_UART0 + 0x51Cu)
#define UART_BAUD_RATE REGISTER(HAL_UART0 + 0x524u)
#define UART_ENABLED 4u
#define UART_115200_BAUD 0x01D7E000u
#define UART_INTERRUPT_RECEIVED (1u << 2)

void hal_on_receive(void)
{
  while (UART_RECEIVED != 0u) {
    if (bare_metal_is_full()) {
      UART_INTERRUPT_CLEAR = UART_INTERRUPT_RECEIVED; /* the rest waits in the UART until hal_read has made room */
      return;
    }
    UART_RECEIVED = 0; /* before the byte is taken: taking it brings the next one's event */
    bare_metal_keep((uint8_t)UART_RECEIVE_DATA);
  }
}

static void start_uart(void)
{
  UART_PIN_SEND = HAL_PIN_SEND;
  UART_PIN_RECEIVE = HAL_PIN_RECEIVE;
  UART_BAUD_RATE = UART_115200_BAUD;
  UART_ENABLE = UART_ENABLED;
  UART_START_SEND = 1;
  UART_START_RECEIVE = 1;
}

void hal_put_byte(uint8_t byte)
{
  if (UART_ENABLE != UART_ENABLED) {
    start_uart();
  }
  UART_SENT = 0;
  UART_SEND_DATA = byte;
  while (UART_SENT == 0u) {
  }
}

void serial_start_clock(void)
{
}

void serial_start(void)
{
  start_uart();
  UART_INTERRUPT_SET = UART_INTERRUPT_RECEIVED;
}

void bare_metal_receive_again(void)
{
  UART_INTERRUPT_SET = UART_INTERRUPT_RECEIVED;
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
}

#endif
