/* SPDX-License-Identifier: Apache-2.0 */
/* An Xtensa core: what happens on an exception, and sleep for good. */
#include "xtensa.h"

#include "bare_metal.h"
#include "harness_hal.h"

#define CAUSE_INTERRUPT 4u /* EXCCAUSE: an interrupt of level 1 */

void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer);

void xtensa_sleep_forever(void)
{
  SET("intenable", 0u);
  for (;;) {
    WAIT(15);
  }
}

void hal_reset(void)
{
  hal_restart(CAUSE_SOFTWARE);
}

/* Called by the exception entries of run.S: an interrupt, or a fault. */
void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer)
{
  if (cause == CAUSE_INTERRUPT) {
    hal_on_interrupt();
    return;
  }
  bare_metal_put_text("\r\nFAULT");
  bare_metal_put_register(" exccause=", cause);
  bare_metal_put_register(" pc=", pc);
  bare_metal_put_register(" excvaddr=", address);
  bare_metal_put_register(" sp=", stack_pointer);
  bare_metal_put_text("\r\n");
  if (!bare_metal_restart_helps()) {
    xtensa_sleep_forever();
  }
  hal_restart(CAUSE_FAULT);
}
