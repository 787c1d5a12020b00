/* SPDX-License-Identifier: Apache-2.0 */
/* Where the serial port's interrupt stands in the vector table of an nRF51 or nRF52. */
#ifndef CORTEX_M_HAL_H
#define CORTEX_M_HAL_H

#include "harness_config.h"

#ifdef HAL_UARTE
#define HAL_IRQS 48u
#define HAL_RECEIVE_IRQ HAL_UARTE_IRQ
#else
#define HAL_IRQS 32u
#define HAL_RECEIVE_IRQ HAL_UART0_IRQ
#endif

#endif
