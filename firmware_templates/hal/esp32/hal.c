/* SPDX-License-Identifier: Apache-2.0 */
/* ESP32, ESP32-C3 and ESP32-S3: UART0 as the mask ROM leaves it (115,200 baud, 8N1, derived from the crystal), with its
 * receive interrupt. The clock of the core is the crystal's. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "chip.h"

#define UART(offset) REGISTER(HAL_UART0 + (offset))
#define UART_RECEIVE UART(0x00u)
#define UART_SEND REGISTER(HAL_UART0_SEND) /* ESP32: bytes are written over the other bus */
#define UART_INT_ENA UART(0x0Cu)
#define UART_INT_CLR UART(0x10u)
#define UART_STATUS UART(0x1Cu)
#define UART_CONF1 UART(0x24u)
#define INT_RECEIVED 0x01u /* as many bytes as CONF1 asks for lie in the FIFO */
#define CONF1_ONE_BYTE 0x01u
#define RECEIVED(status) ((status) & 0xFFu)
#define TO_SEND(status) ((status) >> 16 & 0xFFu)
#define FIFO_FILLED 100u /* of 128 bytes */

#define RESET_SYSTEM (1u << 31)
#define PAGE_BITS 16u

extern uint8_t __flash_start;
extern uint8_t __flash_end;

void hal_put_byte(uint8_t byte)
{
  while (TO_SEND(UART_STATUS) >= FIFO_FILLED) {
  }
  UART_SEND = byte;
}

/* Until the last bit has left: STATUS counts what waits, the other register tells what the sender does. */
static void flush(void)
{
  while (TO_SEND(UART_STATUS) != 0u || (REGISTER(HAL_UART0_SENDER) >> HAL_UART0_SENDER_BIT & 15u) != 0u) {
  }
}

void hal_on_interrupt(void)
{
  UART_INT_CLR = INT_RECEIVED; /* first, so that a byte that comes while the FIFO is emptied raises it again */
  while (RECEIVED(UART_STATUS) != 0u) {
    if (bare_metal_is_full()) {
      UART_INT_ENA = 0; /* the rest waits in the UART until hal_read has made room */
      return;
    }
    bare_metal_keep((uint8_t)UART_RECEIVE);
  }
}

void hal_restart(uint32_t cause)
{
  flush();
  bare_metal_note_restart(cause);
  REGISTER(HAL_RTC_CNTL) |= RESET_SYSTEM; /* RTC_CNTL_OPTIONS0 of each of the chips */
  core_sleep_forever();
}

void chip_fill_pages(volatile uint32_t *table)
{
  uint32_t bytes = (uint32_t)(&__flash_end - &__flash_start);

  for (uint32_t i = 0; i << PAGE_BITS < bytes; ++i) {
    table[i] = HAL_FLASH_OFFSET / (1u << PAGE_BITS) + i;
  }
}

void hal_init(void)
{
  chip_stop_watchdogs();
  chip_map_flash(); /* before it no constant may be read */
  bare_metal_note_start();
  chip_start_timer();

  UART_CONF1 = CONF1_ONE_BYTE;
  UART_INT_CLR = ~0u;
  UART_INT_ENA = INT_RECEIVED;
  core_allow_interrupts();
}

void bare_metal_receive_again(void)
{
  UART_INT_ENA = INT_RECEIVED;
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  flush();
}

uint64_t hal_ticks(void)
{
  return chip_ticks();
}

uint32_t hal_ticks_per_second(void)
{
  return HAL_TIMER_HZ;
}

/* The address that Espressif has burnt into each chip for its network. */
void hal_chip_id(uint8_t id[16])
{
  uint32_t words[2] = {REGISTER(HAL_EFUSE_MAC), REGISTER(HAL_EFUSE_MAC + 4u) & 0xFFFFu};

  memset(id, 0, 16);
  memcpy(id, words, 6);
}
