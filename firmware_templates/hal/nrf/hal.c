/* SPDX-License-Identifier: Apache-2.0 */
/* Nordic nRF51 and nRF52: timer 0 and the factory's id (nRF51 Series Reference Manual 3.0; nRF52840 Product Specification
 * 1.7: 6.30, 4.4.1; addresses and bits are as in Nordic's nrf51.svd and nrf52840.svd). The serial port, which is another
 * one in each, is in uart.c and uarte.c. The watchdog of an nRF52 runs only once it is started. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "nrf.h"

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

void hal_init(void)
{
  bare_metal_note_start();
  serial_start_clock();

  TIMER_STOP = 1;
  TIMER_MODE = 0; /* counts its own clock of 16 MHz */
  TIMER_WIDTH = TIMER_32_BITS;
  TIMER_PRESCALER = 0;
  TIMER_CLEAR = 1;
  TIMER_VALUE_1 = 0xFFFFFFFFu;
  TIMER_COMPARED_1 = 0;
  TIMER_INTERRUPT_SET = TIMER_INTERRUPT_COMPARED_1;
  TIMER_START = 1;

  serial_start();
  cortex_m_allow_interrupts();
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

uint64_t hal_ticks(void)
{
  TIMER_CAPTURE_0 = 1;
  return bare_metal_long_ticks(TIMER_VALUE_0);
}

uint32_t hal_ticks_per_second(void)
{
  return 16000000u;
}

void hal_chip_id(uint8_t id[16])
{
  uint32_t factory[2] = {DEVICE_ID_LOW, DEVICE_ID_HIGH};

  memset(id, 0, 16);
  memcpy(id, factory, sizeof factory);
}
