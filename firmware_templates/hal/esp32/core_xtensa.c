/* SPDX-License-Identifier: Apache-2.0 */
/* The Xtensa core of an ESP32 (LX6) or ESP32-S3 (LX7): the first of the two, the other one stays in reset. Only what an
 * LX106 has too is used, by the ABI "call0": the register window never moves. */
#include "chip.h"

#ifdef __XTENSA__

#include "bare_metal.h"
#include "harness_hal.h"

#define CAUSE_INTERRUPT 4u /* EXCCAUSE: an interrupt of level 1 */

/* Special registers by name; the barrier makes what is written hold for the next instruction. */
#define SET(name, value) __asm__ volatile("wsr." name " %0\n rsync" : : "r"(value) : "memory")
#define MASK_INTERRUPTS(old) __asm__ volatile("rsil %0, 1" : "=r"(old) : : "memory")
#define WAIT(level) __asm__ volatile("waiti " #level : : : "memory") /* sets the level, then sleeps */

void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer);

void core_allow_interrupts(void)
{
  REGISTER(HAL_INTERRUPTS + 4u * HAL_UART0_SOURCE) = CORE_LINE;
  SET("intenable", 1u << CORE_LINE);
}

void core_sleep_forever(void)
{
  SET("intenable", 0u);
  for (;;) {
    WAIT(15);
  }
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

void hal_reset(void)
{
  hal_restart(CAUSE_SOFTWARE);
}

static void put_text(const char *text)
{
  while (*text != '\0') {
    hal_put_byte((uint8_t)*text++);
  }
}

static void put_register(const char *name, uint32_t value)
{
  put_text(name);
  for (int shift = 28; shift >= 0; shift -= 4) {
    hal_put_byte((uint8_t) "0123456789abcdef"[(value >> shift) & 15u]);
  }
}

/* Called from the vectors of start_xtensa.S: an interrupt, or a fault. */
void xtensa_on_exception(uint32_t cause, uint32_t pc, uint32_t address, uint32_t stack_pointer)
{
  if (cause == CAUSE_INTERRUPT) {
    hal_on_interrupt();
    return;
  }
  put_text("\r\nFAULT");
  put_register(" exccause=", cause);
  put_register(" pc=", pc);
  put_register(" excvaddr=", address);
  put_register(" sp=", stack_pointer);
  put_text("\r\n");
  if (!bare_metal_restart_helps()) {
    core_sleep_forever();
  }
  hal_restart(CAUSE_FAULT);
}

#endif
