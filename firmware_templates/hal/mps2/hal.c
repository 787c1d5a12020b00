/* SPDX-License-Identifier: Apache-2.0 */
/* Arm MPS2 and MPS3 with a single Cortex-M: CMSDK UART 0 (Arm DDI 0479), a timer, the core's own registers. Where they
 * lie and which interrupts they raise stands in the board's file. The timer is CMSDK's (counts down, 32 bits) or, where
 * the board has one, the system counter of an SSE-300 (Arm 101773: counts up, 64 bits). */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_config.h"

typedef struct {
  volatile uint32_t data;
  volatile uint32_t state;
  volatile uint32_t control;
  volatile uint32_t interrupt; /* read: status, write 1: clear */
  volatile uint32_t divisor;
} cmsdk_uart_t;

#ifdef HAL_SYSTEM_COUNTER
typedef struct {
  volatile uint32_t control;
  volatile uint32_t status;
  volatile uint32_t low; /* counts up */
  volatile uint32_t high;
} system_counter_t;

#define COUNTER ((system_counter_t *)HAL_SYSTEM_COUNTER)
#define COUNTER_ENABLE 1u
#else
typedef struct {
  volatile uint32_t control;
  volatile uint32_t value; /* counts down */
  volatile uint32_t reload;
  volatile uint32_t interrupt;
} cmsdk_timer_t;

#define TIMER0 ((cmsdk_timer_t *)HAL_TIMER0)
#define TIMER_ENABLE 1u
#define TIMER_INTERRUPT 8u
#endif

#define UART0 ((cmsdk_uart_t *)HAL_UART0)

#define STATE_SEND_FULL 1u
#define STATE_RECEIVE_FULL 2u
#define CONTROL_SEND 1u
#define CONTROL_RECEIVE 2u
#define CONTROL_RECEIVE_INTERRUPT 8u
#define INTERRUPT_RECEIVE 2u

void hal_on_receive(void)
{
  UART0->interrupt = INTERRUPT_RECEIVE;
  while ((UART0->state & STATE_RECEIVE_FULL) != 0u) {
    if (bare_metal_is_full()) {
      NVIC_DISABLE(HAL_UART0_RECEIVE_IRQ); /* the byte waits in the UART until hal_read has made room */
      return;
    }
    bare_metal_keep((uint8_t)UART0->data);
  }
}

void hal_put_byte(uint8_t byte)
{
  UART0->control |= CONTROL_SEND;
  while ((UART0->state & STATE_SEND_FULL) != 0u) {
  }
  UART0->data = byte;
}

#ifdef HAL_SYSTEM_COUNTER
static void start_timer(void)
{
  COUNTER->control = COUNTER_ENABLE;
}

void hal_wait_for_interrupt(void)
{
  cortex_m_sleep();
}

uint64_t hal_ticks(void)
{
  uint32_t high = COUNTER->high;
  for (;;) {
    uint32_t low = COUNTER->low;
    uint32_t again = COUNTER->high;
    if (again == high) {
      return ((uint64_t)high << 32) | low;
    }
    high = again;
  }
}
#else
static void start_timer(void)
{
  TIMER0->control = 0;
  TIMER0->reload = 0xFFFFFFFFu;
  TIMER0->value = 0xFFFFFFFFu;
  TIMER0->control = TIMER_ENABLE | TIMER_INTERRUPT;
}

/* The timer's wrap, every three minutes, ends WFI too, so that hal_ticks misses none; elsewhere it does not interrupt. */
void hal_wait_for_interrupt(void)
{
  NVIC_ENABLE(HAL_TIMER0_IRQ);
  cortex_m_sleep();
  NVIC_DISABLE(HAL_TIMER0_IRQ);
  (void)hal_ticks();
  TIMER0->interrupt = 1;
  NVIC_CLEAR_PENDING(HAL_TIMER0_IRQ);
}

uint64_t hal_ticks(void)
{
  return bare_metal_long_ticks(0xFFFFFFFFu - TIMER0->value);
}
#endif

void hal_init(void)
{
  bare_metal_note_start();

  start_timer();
  UART0->divisor = HARNESS_CLOCK_HZ / HARNESS_BAUD;
  UART0->control = CONTROL_SEND | CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT;
  cortex_m_allow_interrupts();
}

void bare_metal_receive_again(void)
{
  NVIC_ENABLE(HAL_UART0_RECEIVE_IRQ);
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  while ((UART0->state & STATE_SEND_FULL) != 0u) {
  }
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the emulated board has none */
}
