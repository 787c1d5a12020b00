/* SPDX-License-Identifier: Apache-2.0 */
/* What the serial ports of the family do each in their own way; the board's file names the one that its chip has. */
#ifndef NRF_H
#define NRF_H

#include <stdint.h>

#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if HARNESS_BAUD != 115200
#error "Nordic names the register's value for each baud rate; uart.c and uarte.c have that of 115200"
#endif

/* For hal_init: the clock that the line's speed comes from, then the port with its receive interrupt. */
void serial_start_clock(void);
void serial_start(void);

#endif
