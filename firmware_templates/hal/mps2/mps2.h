/* SPDX-License-Identifier: Apache-2.0 */
/* What start-up and the drivers of the MPS2 share. */
#ifndef MPS2_H
#define MPS2_H

#include <stdint.h>

void mps2_on_receive(void);       /* interrupt of UART 0 */
void mps2_put_byte(uint8_t byte); /* waits for room; needs no set-up beyond hal_init or its absence */
__attribute__((noreturn)) void mps2_restart_after_fault(void);

#endif
