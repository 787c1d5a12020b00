/* SPDX-License-Identifier: MIT-0 */
/* Double-precision arithmetic that the compiler's library leaves out, as floats.c has it for single: IEEE 754 binary64,
 * rounded to nearest, ties to even, with subnormal numbers. Layers that quantize their input while they run need it. */
#include <stdint.h>

#define BITS 64
#define FRACTION_BITS 52
typedef uint64_t bits_t;

static inline int32_t zeros_before(uint64_t value)
{
  uint32_t high = (uint32_t)(value >> 32);
  return high != 0 ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value);
}

#include "ieee754.h"

typedef union {
  double value;
  uint64_t bits;
} double_t;

static inline uint64_t bits_of(double value)
{
  double_t number = {value};
  return number.bits;
}

static inline double double_of(uint64_t bits)
{
  double_t number;
  number.bits = bits;
  return number.value;
}

static uint64_t upper_product(uint64_t a, uint64_t b)
{
  uint32_t a_low = (uint32_t)a;
  uint32_t a_high = (uint32_t)(a >> 32);
  uint32_t b_low = (uint32_t)b;
  uint32_t b_high = (uint32_t)(b >> 32);
  product_t lowest = multiply(a_low, b_low);
  product_t first = multiply(a_low, b_high);
  product_t second = multiply(a_high, b_low);
  product_t highest = multiply(a_high, b_high);
  uint64_t middle = (uint64_t)lowest.high + first.low + second.low;
  uint64_t upper = ((uint64_t)highest.high << 32 | highest.low) + first.high + second.high + (middle >> 32);

  return upper | (((uint32_t)middle | lowest.low) != 0);
}

static uint64_t divide_doubles(uint64_t a, uint64_t b)
{
  uint64_t sign = (a ^ b) & SIGN;
  int32_t exponent_a = exponent_of(a);
  int32_t exponent_b = exponent_of(b);
  int32_t exponent;
  uint64_t rest;
  uint64_t divisor;
  uint64_t quotient = 0;

  a &= ~SIGN;
  b &= ~SIGN;
  if (a > INFINITE || b > INFINITE || (a == b && (a == 0 || a == INFINITE))) {
    return NAN_BITS;
  }
  if (a == INFINITE || b == 0) {
    return sign | INFINITE;
  }
  if (a == 0 || b == INFINITE) {
    return sign;
  }
  rest = normalised(a, &exponent_a) >> 1;
  divisor = normalised(b, &exponent_b) >> 1;
  exponent = exponent_a - exponent_b + BIAS;
  if (rest < divisor) {
    rest <<= 1;
    exponent -= 1;
  }
  for (int32_t bit = TOP; bit >= TOP - 54; --bit) { /* all bits of the fraction, and two to round by */
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= (uint64_t)1 << bit;
    }
    rest <<= 1;
  }
  return round_and_pack(sign, exponent, quotient | (rest != 0));
}

double __adddf3(double a, double b)
{
  return double_of(add(bits_of(a), bits_of(b)));
}

double __subdf3(double a, double b)
{
  return double_of(add(bits_of(a), bits_of(b) ^ SIGN));
}

double __muldf3(double a, double b)
{
  return double_of(multiply_bits(bits_of(a), bits_of(b)));
}

double __divdf3(double a, double b)
{
  return double_of(divide_doubles(bits_of(a), bits_of(b)));
}

double __floatunsidf(uint32_t number)
{
  int32_t zeros;

  if (number == 0) {
    return double_of(0);
  }
  zeros = __builtin_clz(number);
  return double_of(round_and_pack(0, BIAS + 31 - zeros, (uint64_t)number << (zeros + 31)));
}

double __floatsidf(int32_t number)
{
  double magnitude = __floatunsidf(number < 0 ? 0u - (uint32_t)number : (uint32_t)number);

  return double_of(bits_of(magnitude) | (number < 0 ? SIGN : 0));
}

/* Towards zero; what does not fit becomes the largest of its sign, NaN too: C leaves both open. */
static uint32_t magnitude_of(uint64_t bits, uint32_t largest)
{
  int32_t exponent = exponent_of(bits);
  uint64_t mantissa = (bits | (FRACTION + 1u)) << 11;

  if (exponent < BIAS) {
    return 0;
  }
  if (exponent > BIAS + 31) {
    return largest;
  }
  mantissa >>= BIAS + 63 - exponent;
  return mantissa > largest ? largest : (uint32_t)mantissa;
}

int32_t __fixdfsi(double number)
{
  uint64_t bits = bits_of(number);

  return (int32_t)((bits & SIGN) != 0 ? 0u - magnitude_of(bits, 0x80000000u) : magnitude_of(bits, 0x7FFFFFFFu));
}

uint32_t __fixunsdfsi(double number)
{
  uint64_t bits = bits_of(number);

  return (bits & SIGN) != 0 ? 0 : magnitude_of(bits, 0xFFFFFFFFu);
}
