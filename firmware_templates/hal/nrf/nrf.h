/* SPDX-License-Identifier: Apache-2.0 */
/* What the serial ports of the family do each in their own way; the board's file names the one that its chip has. */
#ifndef NRF_H
#define NRF_H

#include <stdint.h>

#include "harness_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* As the register of the baud rate wants it: in units of 16 MHz / 2^32, the lowest twelve bits 0. */
#define SERIAL_BAUD_RATE ((uint32_t)(((uint64_t)HARNESS_BAUD << 32) / 16000000u + 0x800u) & 0xFFFFF000u)

/* For hal_init: the clock that the line's speed comes from, then the port with its receive interrupt. */
void serial_start_clock(void);
void serial_start(void);

#endif
