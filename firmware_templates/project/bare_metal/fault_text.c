/* SPDX-License-Identifier: Apache-2.0 */
/* The line that a fault is told by: names, and registers in hexadecimal. */
#include "bare_metal.h"

void bare_metal_put_text(const char *text)
{
  while (*text != '\0') {
    hal_put_byte((uint8_t)*text++);
  }
}

void bare_metal_put_register(const char *name, uint32_t value)
{
  bare_metal_put_text(name);
  for (int shift = 28; shift >= 0; shift -= 4) {
    hal_put_byte((uint8_t) "0123456789abcdef"[(value >> shift) & 15u]);
  }
}
