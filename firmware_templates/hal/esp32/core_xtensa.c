/* SPDX-License-Identifier: Apache-2.0 */
/* The Xtensa core of an ESP32 (LX6) or ESP32-S3 (LX7): the first of the two, the other one stays in reset. Only what an
 * LX106 has too is used, by the ABI "call0": the register window never moves. */
#include "chip.h"

#ifdef __XTENSA__

#include "bare_metal.h"
#include "harness_hal.h"
#include "xtensa.h"

void core_allow_interrupts(void)
{
  REGISTER(HAL_INTERRUPTS + 4u * HAL_UART0_SOURCE) = CORE_LINE;
  SET("intenable", 1u << CORE_LINE);
}

void core_sleep_forever(void)
{
  xtensa_sleep_forever();
}

/* WAITI lets interrupts in again, so that one that arrives between the look at the ring and it ends it at once. */
void hal_wait(void)
{
  uint32_t status;

  MASK_INTERRUPTS(status);
  if (bare_metal_is_empty()) {
    WAIT(0);
  }
  SET("ps", status);
}

#endif
