/* SPDX-License-Identifier: Apache-2.0 */
/* What start-up and the drivers of the nRF51 share. */
#ifndef NRF51_H
#define NRF51_H

#include <stdint.h>

void nrf51_on_uart(void);          /* interrupt of UART 0 */
void nrf51_put_byte(uint8_t byte); /* returns when it has been sent; needs no set-up before */
__attribute__((noreturn)) void nrf51_restart_after_fault(void);

#endif
