/* SPDX-License-Identifier: MIT-0 */
/* What the files of arithmetic share. An lx106 multiplies 32 bits by 32 to 32; the rest is put together here. */
#ifndef ARITHMETIC_H
#define ARITHMETIC_H

#include <stdint.h>

typedef struct {
  uint32_t low;
  uint32_t high;
} product_t;

/* All 64 bits of a product, from four of 16 bits by 16. */
static inline product_t multiply(uint32_t a, uint32_t b)
{
  uint32_t a_low = a & 0xFFFFu;
  uint32_t a_high = a >> 16;
  uint32_t b_low = b & 0xFFFFu;
  uint32_t b_high = b >> 16;
  uint32_t upper = a_low * b_high + (a_low * b_low >> 16); /* at most (2^16 - 1)^2 + 2^16 - 1: no carry */
  uint32_t middle = a_high * b_low + (upper & 0xFFFFu);
  product_t product = {a * b, a_high * b_high + (upper >> 16) + (middle >> 16)};

  return product;
}

#endif
