/* SPDX-License-Identifier: Apache-2.0 */
/* ATmega2560: UART 0, timer 1 and the watchdog, which restarts it (data sheet Atmel 2549, chapters 12, 17 and 22). */
#include "harness_hal.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <string.h>

#include "bare_metal.h"
#include "harness_config.h"

#define TIMER_PRESCALER 1024u

static volatile uint32_t overflows;

void atmega_on_nothing_expected(void);

ISR(TIMER1_OVF_vect)
{
  overflows = overflows + 1u;
}

ISR(USART0_RX_vect)
{
  if (bare_metal_is_full()) {
    UCSR0B &= (uint8_t)~_BV(RXCIE0); /* the byte waits in the UART until hal_read has made room */
    return;
  }
  bare_metal_keep(UDR0);
}

void hal_put_byte(uint8_t byte)
{
  while ((UCSR0A & _BV(UDRE0)) == 0) {
  }
  UCSR0A = _BV(TXC0) | _BV(U2X0); /* a one clears the flag that tells of the last byte's end */
  UDR0 = byte;
}

static __attribute__((noreturn)) void sleep_forever(void)
{
  cli();
  for (;;) {
    sleep_enable();
    sleep_cpu();
  }
}

static __attribute__((noreturn)) void restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  cli();
  wdt_enable(WDTO_15MS);
  for (;;) {
  }
}

/* An AVR has no faults; what can be told is an interrupt that nobody has asked for. */
void atmega_on_nothing_expected(void)
{
  bare_metal_put_text("\r\nFAULT interrupt\r\n");
  if (!bare_metal_restart_helps()) {
    sleep_forever();
  }
  restart(CAUSE_FAULT);
}

void hal_init(void)
{
  MCUSR = 0; /* the watchdog cannot be switched off while this register tells of its restart */
  wdt_disable();
  bare_metal_note_start();

  TCCR1A = 0;
  TCCR1B = _BV(CS12) | _BV(CS10); /* one tick in 1024 cycles */
  TIMSK1 = _BV(TOIE1);

  UBRR0 = (uint16_t)(HARNESS_CLOCK_HZ / 8u / HARNESS_BAUD - 1u);
  UCSR0A = _BV(U2X0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00); /* 8 bits, no parity, 1 stop bit */
  UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
  set_sleep_mode(SLEEP_MODE_IDLE);
  sei();
}

void bare_metal_receive_again(void)
{
  UCSR0B |= _BV(RXCIE0);
}

/* The instruction behind the one that lets interrupts in is still executed: none is lost between the look and SLEEP. */
void hal_wait(void)
{
  cli();
  if (bare_metal_is_empty()) {
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
  }
  sei();
}

void hal_write(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; ++i) {
    hal_put_byte(bytes[i]);
  }
  if (size > 0) {
    while ((UCSR0A & _BV(TXC0)) == 0) {
    }
  }
}

uint64_t hal_ticks(void)
{
  uint8_t status = SREG;
  uint16_t low;
  uint32_t high;

  cli();
  low = TCNT1;
  high = overflows;
  if ((TIFR1 & _BV(TOV1)) != 0 && low < 0x8000u) {
    high += 1u; /* it has wrapped, and its interrupt waits */
  }
  SREG = status;
  return ((uint64_t)high << 16) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return HARNESS_CLOCK_HZ / TIMER_PRESCALER;
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16); /* the chip has none that it can read */
}

void hal_reset(void)
{
  restart(CAUSE_SOFTWARE);
}
