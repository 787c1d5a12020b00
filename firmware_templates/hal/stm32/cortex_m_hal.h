/* SPDX-License-Identifier: Apache-2.0 */
/* Where the serial port's interrupt stands in the vector table of an STM32. */
#ifndef CORTEX_M_HAL_H
#define CORTEX_M_HAL_H

#include "harness_config.h"

#define HAL_IRQS 160u /* as many as the largest of the family has */
#define HAL_RECEIVE_IRQ HAL_USART_IRQ

#endif
