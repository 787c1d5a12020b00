/* SPDX-License-Identifier: MIT-0 */
/* Integer arithmetic that an ESP8266 has in its ROM, and that the compiler's library therefore leaves out. Names and
 * meaning are those of the GCC manual, "Routines for integer arithmetic". Two's complement, little-endian. */
#include "arithmetic.h"

typedef union {
  uint64_t whole;
  struct {
    uint32_t low;
    uint32_t high;
  } half;
} doubleword_t;

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder); /* of the compiler's library */

uint64_t __muldi3(uint64_t a, uint64_t b)
{
  doubleword_t x = {a};
  doubleword_t y = {b};
  product_t product = multiply(x.half.low, y.half.low);
  doubleword_t result;

  result.half.low = product.low;
  result.half.high = product.high + x.half.low * y.half.high + x.half.high * y.half.low;
  return result.whole;
}

/* Not in the manual, but what the compiler's library calls for the whole product of two words. */
uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
  product_t product = multiply(a, b);
  doubleword_t result;

  result.half.low = product.low;
  result.half.high = product.high;
  return result.whole;
}

/* Long division, a bit a step, from the highest bit that the quotient can have. What divides by zero gets zero. */
static inline uint32_t divide(uint32_t dividend, uint32_t divisor, uint32_t *remainder)
{
  uint32_t quotient = 0;

  if (divisor != 0 && dividend >= divisor) {
    uint32_t steps = (uint32_t)(__builtin_clz(divisor) - __builtin_clz(dividend));
    divisor <<= steps;
    for (;;) {
      quotient <<= 1;
      if (dividend >= divisor) {
        dividend -= divisor;
        quotient |= 1u;
      }
      if (steps == 0) {
        break;
      }
      steps -= 1u;
      divisor >>= 1;
    }
  }
  *remainder = dividend;
  return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
  uint32_t remainder;

  return divide(a, b, &remainder);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
  uint32_t remainder;

  (void)divide(a, b, &remainder);
  return remainder;
}

static inline uint32_t magnitude(int32_t a)
{
  return a < 0 ? 0u - (uint32_t)a : (uint32_t)a;
}

int32_t __divsi3(int32_t a, int32_t b)
{
  uint32_t remainder;
  uint32_t quotient = divide(magnitude(a), magnitude(b), &remainder);

  return (int32_t)((a < 0) == (b < 0) ? quotient : 0u - quotient);
}

int32_t __modsi3(int32_t a, int32_t b)
{
  uint32_t remainder;

  (void)divide(magnitude(a), magnitude(b), &remainder);
  return (int32_t)(a < 0 ? 0u - remainder : remainder);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
  return __udivmoddi4(a, b, 0);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
  uint64_t remainder;

  (void)__udivmoddi4(a, b, &remainder);
  return remainder;
}

int64_t __divdi3(int64_t a, int64_t b)
{
  uint64_t quotient = __udivmoddi4(a < 0 ? 0u - (uint64_t)a : (uint64_t)a, b < 0 ? 0u - (uint64_t)b : (uint64_t)b, 0);

  return (int64_t)((a < 0) == (b < 0) ? quotient : 0u - quotient);
}
