/* SPDX-License-Identifier: Apache-2.0 */
/* ST's STM32 at the clock that it has after reset, which its watchdogs have off: a USART of either kind (RM0090 30 for
 * the older, whose status register is SR; RM0091 27 for the newer, with ISR), TIM2 with 32 bits and one GPIO port. Where
 * they lie, which interrupts they raise and which bits switch their clocks on stands in the board's file. Offsets and bits
 * are as in ST's headers stm32f407xx.h, stm32f072xb.h and stm32h743xx.h. */
#include "harness_hal.h"

#include <string.h>

#include "bare_metal.h"
#include "cortex_m.h"
#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if HAL_USART_KIND == 1
typedef struct {
  volatile uint32_t status;
  volatile uint32_t data; /* reading it after the status clears an overrun */
  volatile uint32_t divisor;
  volatile uint32_t control1;
} usart_t;

#define RECEIVED_DATA data
#define SEND_DATA data
#define ENABLE (1u << 13)
#define FORGET_OVERRUN() ((void)0)
#else
typedef struct {
  volatile uint32_t control1;
  volatile uint32_t control2;
  volatile uint32_t control3;
  volatile uint32_t divisor;
  volatile uint32_t guard;
  volatile uint32_t timeout;
  volatile uint32_t request;
  volatile uint32_t status;
  volatile uint32_t clear;
  volatile uint32_t received;
  volatile uint32_t send;
} usart_t;

#define RECEIVED_DATA received
#define SEND_DATA send
#define ENABLE 1u
#define FORGET_OVERRUN() (USART->clear = OVERRUN)
#endif

#define USART ((usart_t *)HAL_USART)
#define OVERRUN (1u << 3)
#define RECEIVED (1u << 5) /* in the status, and as the interrupt in control1 */
#define ALL_SENT (1u << 6)
#define SEND_EMPTY (1u << 7)
#define RECEIVER (1u << 2)
#define SENDER (1u << 3)

/* A timer of general purpose (RM0090 18, RM0091 18): TIM2 counts with 32 bits. */
typedef struct {
  volatile uint32_t control1;
  volatile uint32_t control2;
  volatile uint32_t slave;
  volatile uint32_t interrupts;
  volatile uint32_t status;
  volatile uint32_t event;
  volatile uint32_t capture[3];
  volatile uint32_t count;
  volatile uint32_t prescaler;
  volatile uint32_t reload;
} timer_t;

#define TIMER ((timer_t *)HAL_TIMER)
#define WRAPPED 1u /* in the status, as its interrupt, and as the event that one writes */

typedef struct {
  volatile uint32_t mode; /* 2 bits a pin */
  volatile uint32_t type;
  volatile uint32_t speed;
  volatile uint32_t pull; /* 2 bits a pin */
  volatile uint32_t input;
  volatile uint32_t output;
  volatile uint32_t set;
  volatile uint32_t lock;
  volatile uint32_t alternate[2]; /* 4 bits a pin */
} gpio_t;

#define PORT ((gpio_t *)HAL_PORT)

void hal_on_receive(void)
{
  uint32_t status = USART->status;
  if ((status & OVERRUN) != 0u) {
    FORGET_OVERRUN(); /* its interrupt would come for ever; the link asks again for what is lost */
  }
  if ((status & (RECEIVED | OVERRUN)) == 0u) {
    return;
  }
  if (bare_metal_is_full()) {
    USART->control1 &= ~RECEIVED; /* the byte waits in the USART until hal_read has made room */
    return;
  }
  uint8_t byte = (uint8_t)USART->RECEIVED_DATA;
  if ((status & RECEIVED) != 0u) {
    bare_metal_keep(byte);
  }
}

/* Alternate function, without which the pin is an input; the receiving one is pulled up, so that an open line is idle. */
static void give_pin_to_usart(uint32_t pin)
{
  uint32_t shift = 4u * (pin % 8u);
  PORT->alternate[pin / 8u] = (PORT->alternate[pin / 8u] & ~(0xFu << shift)) | (HAL_PIN_FUNCTION << shift);
  PORT->pull = (PORT->pull & ~(3u << 2u * pin)) | (1u << 2u * pin);
  PORT->mode = (PORT->mode & ~(3u << 2u * pin)) | (2u << 2u * pin);
}

static void start_usart(void)
{
  REGISTER(HAL_PORT_CLOCK) |= 1u << HAL_PORT_CLOCK_BIT;
  REGISTER(HAL_USART_CLOCK) |= 1u << HAL_USART_CLOCK_BIT;
  (void)REGISTER(HAL_USART_CLOCK); /* two cycles pass between a clock's switch and the first access */
  give_pin_to_usart(HAL_PIN_SEND);
  give_pin_to_usart(HAL_PIN_RECEIVE);
  USART->divisor = (HARNESS_CLOCK_HZ + HARNESS_BAUD / 2u) / HARNESS_BAUD; /* 16 times oversampled */
  USART->control1 = ENABLE | SENDER | RECEIVER;
}

void hal_put_byte(uint8_t byte)
{
  if ((USART->control1 & ENABLE) == 0u) { /* reads as 0 without a clock too */
    start_usart();
  }
  while ((USART->status & SEND_EMPTY) == 0u) {
  }
  USART->SEND_DATA = byte;
}

static void start_timer(void)
{
  REGISTER(HAL_TIMER_CLOCK) |= 1u << HAL_TIMER_CLOCK_BIT;
  (void)REGISTER(HAL_TIMER_CLOCK);
  TIMER->reload = 0xFFFFFFFFu;
  TIMER->prescaler = 0;
  TIMER->event = WRAPPED; /* takes up both */
  TIMER->status = 0;
  TIMER->interrupts = WRAPPED;
  TIMER->control1 = 1;
}

void hal_init(void)
{
  bare_metal_note_start();
  start_timer();
  start_usart();
  USART->control1 |= RECEIVED;
  cortex_m_allow_interrupts();
}

void bare_metal_receive_again(void)
{
  USART->control1 |= RECEIVED;
}

/* The timer's wrap, after minutes, ends WFI too, so that hal_ticks misses none; elsewhere it does not interrupt. */
void hal_wait_for_interrupt(void)
{
  NVIC_ENABLE(HAL_TIMER_IRQ);
  cortex_m_sleep();
  NVIC_DISABLE(HAL_TIMER_IRQ);
  (void)hal_ticks();
  TIMER->status = 0;
  NVIC_CLEAR_PENDING(HAL_TIMER_IRQ);
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  while ((USART->status & ALL_SENT) == 0u) {
  }
}

uint64_t hal_ticks(void)
{
  return bare_metal_long_ticks(TIMER->count);
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ; /* after reset no bus is slower than the core */
}

/* 96 bits that the factory wrote. */
void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16);
  for (size_t word = 0; word < 3; ++word) {
    uint32_t part = ((const volatile uint32_t *)HAL_CHIP_ID)[word];
    memcpy(id + 4u * word, &part, sizeof part);
  }
}
