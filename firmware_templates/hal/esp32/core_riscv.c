/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V core of an ESP32-C3 and the chip's own interrupt controller (Technical Reference Manual 1 "ESP-RISC-V CPU",
 * 8 "Interrupt Matrix"). */
#include "chip.h"

#ifdef __riscv

#include "riscv.h"

#define MATRIX(offset) REGISTER(HAL_INTERRUPTS + (offset))
#define MATRIX_UART0 MATRIX(4u * HAL_UART0_SOURCE)
#define MATRIX_ENABLE MATRIX(0x104u)
#define MATRIX_PRIORITY(line) MATRIX(0x114u + 4u * (line))
#define MATRIX_THRESHOLD MATRIX(0x194u)

void core_allow_interrupts(void)
{
  MATRIX_UART0 = CORE_LINE;
  MATRIX_PRIORITY(CORE_LINE) = 1;
  MATRIX_THRESHOLD = 1;
  MATRIX_ENABLE = 1u << CORE_LINE;
  riscv_allow_interrupts();
}

void core_sleep_forever(void)
{
  riscv_sleep_forever();
}

#endif
