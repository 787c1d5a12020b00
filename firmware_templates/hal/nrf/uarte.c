/* SPDX-License-Identifier: Apache-2.0 */
/* The UARTE of an nRF52, which moves bytes by DMA, and the crystal's clock (nRF52840 Product Specification 1.7: 6.34,
 * 5.4; the baud rate is that of Nordic's nrf52840_bitfields.h). */
#include "nrf.h"

#ifdef HAL_UARTE

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_hal.h"

#define CLOCK_START_CRYSTAL REGISTER(0x40000000u)
#define CLOCK_CRYSTAL_STARTED REGISTER(0x40000100u)

#define UARTE(offset) REGISTER(HAL_UARTE + (offset))
#define UARTE_START_RECEIVE UARTE(0x000u)
#define UARTE_START_SEND UARTE(0x008u)
#define UARTE_RECEIVE_ENDED UARTE(0x110u)
#define UARTE_SEND_ENDED UARTE(0x120u)
#define UARTE_INTERRUPT_SET UARTE(0x304u)
#define UARTE_INTERRUPT_CLEAR UARTE(0x308u)
#define UARTE_ENABLE UARTE(0x500u)
#define UARTE_PIN_SEND UARTE(0x50Cu)
#define UARTE_PIN_RECEIVE UARTE(0x514u)
#define UARTE_BAUD_RATE UARTE(0x524u)
#define UARTE_RECEIVE_POINTER UARTE(0x534u)
#define UARTE_RECEIVE_COUNT UARTE(0x538u)
#define UARTE_SEND_POINTER UARTE(0x544u)
#define UARTE_SEND_COUNT UARTE(0x548u)
#define UARTE_ENABLED 8u
#define UARTE_115200_BAUD 0x01D60000u /* another generator than the UART's of the same chip */
#define UARTE_INTERRUPT_RECEIVE_ENDED (1u << 4)

/* The DMA reads and writes RAM alone, so that what is sent passes through here. */
static uint8_t sent[32];
static volatile uint8_t received;

/* One byte at a time: what comes before the next start waits in the UARTE, which holds six. */
static void receive_next(void)
{
  UARTE_RECEIVE_ENDED = 0;
  UARTE_RECEIVE_POINTER = (uint32_t)(uintptr_t)&received;
  UARTE_RECEIVE_COUNT = 1;
  UARTE_START_RECEIVE = 1;
}

void hal_on_receive(void)
{
  if (UARTE_RECEIVE_ENDED == 0u) {
    return;
  }
  if (bare_metal_is_full()) {
    UARTE_INTERRUPT_CLEAR = UARTE_INTERRUPT_RECEIVE_ENDED; /* the rest waits until hal_read has made room */
    return;
  }
  bare_metal_keep(received);
  receive_next();
}

static void start_uarte(void)
{
  UARTE_PIN_SEND = HAL_PIN_SEND;
  UARTE_PIN_RECEIVE = HAL_PIN_RECEIVE;
  UARTE_BAUD_RATE = UARTE_115200_BAUD;
  UARTE_ENABLE = UARTE_ENABLED;
}

static void send(const uint8_t *bytes, size_t size)
{
  memcpy(sent, bytes, size);
  UARTE_SEND_ENDED = 0;
  UARTE_SEND_POINTER = (uint32_t)(uintptr_t)sent;
  UARTE_SEND_COUNT = size;
  __asm__ volatile("dmb" ::: "memory");
  UARTE_START_SEND = 1;
  while (UARTE_SEND_ENDED == 0u) {
  }
}

void hal_put_byte(uint8_t byte)
{
  if (UARTE_ENABLE != UARTE_ENABLED) {
    start_uarte();
  }
  send(&byte, 1);
}

void serial_start_clock(void)
{
  CLOCK_CRYSTAL_STARTED = 0;
  CLOCK_START_CRYSTAL = 1; /* the oscillator that runs after reset is too far off for a serial line */
  while (CLOCK_CRYSTAL_STARTED == 0u) {
  }
}

void serial_start(void)
{
  start_uarte();
  receive_next();
  UARTE_INTERRUPT_SET = UARTE_INTERRUPT_RECEIVE_ENDED;
}

void bare_metal_receive_again(void)
{
  UARTE_INTERRUPT_SET = UARTE_INTERRUPT_RECEIVE_ENDED;
}

void hal_write(const uint8_t *bytes, size_t size)
{
  while (size > 0) {
    size_t part = size < sizeof sent ? size : sizeof sent;
    send(bytes, part);
    bytes += part;
    size -= part;
  }
}

#endif
