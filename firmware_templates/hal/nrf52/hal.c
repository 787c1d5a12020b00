/* SPDX-License-Identifier: Apache-2.0 */
/* Nordic nRF52: UARTE, which moves bytes by DMA, timer 0, the crystal's clock and the factory's id (nRF52840 Product
 * Specification 1.7: 6.34, 6.30, 5.4, 4.4.1). The watchdog runs only once it is started. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

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
#define UARTE_INTERRUPT_RECEIVE_ENDED (1u << 4)

#define TIMER(offset) REGISTER(HAL_TIMER0 + (offset))
#define TIMER_START TIMER(0x000u)
#define TIMER_STOP TIMER(0x004u)
#define TIMER_CLEAR TIMER(0x00Cu)
#define TIMER_CAPTURE_0 TIMER(0x040u)
#define TIMER_COMPARED_1 TIMER(0x144u)
#define TIMER_INTERRUPT_SET TIMER(0x304u)
#define TIMER_MODE TIMER(0x504u)
#define TIMER_WIDTH TIMER(0x508u)
#define TIMER_PRESCALER TIMER(0x510u)
#define TIMER_VALUE_0 TIMER(0x540u)
#define TIMER_VALUE_1 TIMER(0x544u)
#define TIMER_32_BITS 3u
#define TIMER_INTERRUPT_COMPARED_1 (1u << 17)

#define DEVICE_ID_LOW REGISTER(0x10000060u)
#define DEVICE_ID_HIGH REGISTER(0x10000064u)

static uint32_t ticks_high;
static uint32_t ticks_low;

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
  UARTE_BAUD_RATE = (uint32_t)(((uint64_t)HARNESS_BAUD << 32) / 16000000u + 0x800u) & 0xFFFFF000u;
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

void hal_init(void)
{
  bare_metal_note_start();

  CLOCK_CRYSTAL_STARTED = 0;
  CLOCK_START_CRYSTAL = 1; /* the oscillator that runs after reset is too far off for a serial line */
  while (CLOCK_CRYSTAL_STARTED == 0u) {
  }

  TIMER_STOP = 1;
  TIMER_MODE = 0; /* counts its own clock of 16 MHz */
  TIMER_WIDTH = TIMER_32_BITS;
  TIMER_PRESCALER = 0;
  TIMER_CLEAR = 1;
  TIMER_VALUE_1 = 0xFFFFFFFFu;
  TIMER_COMPARED_1 = 0;
  TIMER_INTERRUPT_SET = TIMER_INTERRUPT_COMPARED_1;
  TIMER_START = 1;

  start_uarte();
  receive_next();
  UARTE_INTERRUPT_SET = UARTE_INTERRUPT_RECEIVE_ENDED;
  cortex_m_allow_interrupts();
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = bare_metal_take(bytes, size);
  if (taken > 0) {
    UARTE_INTERRUPT_SET = UARTE_INTERRUPT_RECEIVE_ENDED; /* a full ring had switched it off */
  }
  return taken;
}

/* The timer's wrap, every 268 s, ends WFI too, so that hal_ticks misses none; elsewhere it does not interrupt. */
void hal_wait_for_interrupt(void)
{
  NVIC_ENABLE(HAL_TIMER0_IRQ);
  cortex_m_sleep();
  NVIC_DISABLE(HAL_TIMER0_IRQ);
  (void)hal_ticks();
  TIMER_COMPARED_1 = 0;
  NVIC_CLEAR_PENDING(HAL_TIMER0_IRQ);
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

/* The timer has 32 bits; the upper ones are counted here whenever the lower have wrapped since the last look. */
uint64_t hal_ticks(void)
{
  TIMER_CAPTURE_0 = 1;
  uint32_t low = TIMER_VALUE_0;
  if (low < ticks_low) {
    ticks_high += 1u;
  }
  ticks_low = low;
  return ((uint64_t)ticks_high << 32) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return 16000000u;
}

uint32_t hal_clock_hz(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  uint32_t factory[2] = {DEVICE_ID_LOW, DEVICE_ID_HIGH};

  memset(id, 0, 16);
  memcpy(id, factory, sizeof factory);
}
