/* SPDX-License-Identifier: Apache-2.0 */
/* ATmega2560: UART 0, polled, and timer 1 at one tick in 1024 cycles. Nothing interrupts. */
#include "board.h"

#include <avr/io.h>
#include <avr/wdt.h>

void board_init(void)
{
  MCUSR = 0;
  wdt_disable();
  TCCR1A = 0;
  TCCR1B = _BV(CS12) | _BV(CS10);
  UBRR0 = 1; /* a million bits a second */
  UCSR0A = _BV(U2X0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXEN0) | _BV(TXEN0);
}

int board_get(void)
{
  while ((UCSR0A & _BV(RXC0)) == 0) {
  }
  return UDR0;
}

void board_put(int byte)
{
  while ((UCSR0A & _BV(UDRE0)) == 0) {
  }
  UDR0 = (uint8_t)byte;
}

uint32_t board_ticks(void)
{
  return TCNT1;
}

void board_crash(void)
{
  *(volatile uint8_t *)0xFFF0u = 1; /* no memory lies there: an AVR does not mind, its emulator ends */
}

void board_reset(void)
{
  wdt_enable(WDTO_15MS);
  for (;;) {
  }
}
