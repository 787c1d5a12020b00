/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a HAL for all that it promises, and tells on the serial port what it got. */
#include <string.h>

#include "harness_hal.h"

static void put(const char *text)
{
  hal_write((const uint8_t *)text, strlen(text));
}

static void put_number(const char *name, uint32_t value)
{
  char digits[11];
  size_t at = sizeof digits - 1;

  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0u);
  put(name);
  put(digits + at);
}

static __attribute__((noinline)) uint32_t ticks_of(uint32_t rounds)
{
  uint64_t before = hal_ticks();

  for (volatile uint32_t i = 0; i < rounds; ++i) {
  }
  return (uint32_t)(hal_ticks() - before);
}

#if defined(__AVR__)
#define NOWHERE 2 /* in words: the vector of an interrupt that nobody expects */
#elif defined(__ARM_ARCH_6M__)
#define NOWHERE 0xB0000001u /* an emulated nRF51 reads zeros at the other address, and runs them */
#else
#define NOWHERE 0xF0000001u
#endif

static void fail(void)
{
#ifdef UNDEFINED_INSTRUCTION
#ifdef __riscv
  __asm__ volatile(".word 0");
#else
  __asm__ volatile(".short 0xDE00");
#endif
#endif
  ((void (*)(void))NOWHERE)(); /* nothing is there, and nothing there may be executed */
}

int main(void)
{
  hal_init();
  put_number("boot ", hal_boot_count());
  put_number(" cause ", hal_reset_cause());
  put("\n");
  switch (hal_boot_count()) {
  case 1:
    hal_reset();
    break;
  case 2:
  case 4:
  case 5:
    fail();
    break;
  default:
    break;
  }
  put_number("short ", ticks_of(100000u));
  put_number(" long ", ticks_of(300000u));
  put_number(" hz ", hal_ticks_per_second());
  put_number(" stack ", hal_stack_limit() < (uint8_t *)__builtin_frame_address(0));
  put_number(" readable ", (uint32_t)hal_readable((uintptr_t)hal_stack_limit(), 64));
  put_number(" unreadable ", (uint32_t)hal_readable((uintptr_t)0xF0000000u, 1) + (uint32_t)hal_readable(8u, 0xFFFFFFFFu));
  put("\n");
  for (;;) {
    uint8_t bytes[100];
    size_t size = hal_read(bytes, sizeof bytes);

    if (size == 0) {
      hal_wait();
    }
    if (size > 0 && bytes[0] == '!') {
      fail();
    }
    hal_write(bytes, size);
  }
}
