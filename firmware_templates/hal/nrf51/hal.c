/* SPDX-License-Identifier: Apache-2.0 */
/* Nordic nRF51: UART 0, timer 0 and the factory's id (nRF51 Series Reference Manual 3.0), a Cortex-M0's own registers. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

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
#define UART_INTERRUPT_RECEIVED (1u << 2)

#define TIMER_START REGISTER(HAL_TIMER0 + 0x000u)
#define TIMER_STOP REGISTER(HAL_TIMER0 + 0x004u)
#define TIMER_CLEAR REGISTER(HAL_TIMER0 + 0x00Cu)
#define TIMER_CAPTURE_0 REGISTER(HAL_TIMER0 + 0x040u)
#define TIMER_COMPARED_1 REGISTER(HAL_TIMER0 + 0x144u)
#define TIMER_INTERRUPT_SET REGISTER(HAL_TIMER0 + 0x304u)
#define TIMER_MODE REGISTER(HAL_TIMER0 + 0x504u)
#define TIMER_WIDTH REGISTER(HAL_TIMER0 + 0x508u)
#define TIMER_PRESCALER REGISTER(HAL_TIMER0 + 0x510u)
#define TIMER_VALUE_0 REGISTER(HAL_TIMER0 + 0x540u)
#define TIMER_VALUE_1 REGISTER(HAL_TIMER0 + 0x544u)
#define TIMER_32_BITS 3u
#define TIMER_INTERRUPT_COMPARED_1 (1u << 17)

#define DEVICE_ID_LOW REGISTER(0x10000060u)
#define DEVICE_ID_HIGH REGISTER(0x10000064u)

static uint32_t ticks_high;
static uint32_t ticks_low;

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
  UART_BAUD_RATE = (uint32_t)(((uint64_t)HARNESS_BAUD << 32) / 16000000u + 0x800u) & 0xFFFFF000u;
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

void hal_init(void)
{
  bare_metal_note_start();

  TIMER_STOP = 1;
  TIMER_MODE = 0; /* counts its own clock of 16 MHz */
  TIMER_WIDTH = TIMER_32_BITS;
  TIMER_PRESCALER = 0;
  TIMER_CLEAR = 1;
  TIMER_VALUE_1 = 0xFFFFFFFFu;
  TIMER_COMPARED_1 = 0;
  TIMER_INTERRUPT_SET = TIMER_INTERRUPT_COMPARED_1;
  TIMER_START = 1;

  start_uart();
  UART_INTERRUPT_SET = UART_INTERRUPT_RECEIVED;
  cortex_m_allow_interrupts();
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = bare_metal_take(bytes, size);
  if (taken > 0) {
    UART_INTERRUPT_SET = UART_INTERRUPT_RECEIVED; /* a full ring had switched it off */
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
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
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
