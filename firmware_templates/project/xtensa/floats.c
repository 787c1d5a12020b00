/* SPDX-License-Identifier: MIT-0 */
/* Single-precision arithmetic that an ESP8266 has in its ROM, and that the compiler's library therefore leaves out:
 * IEEE 754 binary32, rounded to nearest, ties to even, with subnormal numbers. Names and meaning are those of the GCC
 * manual, "Routines for floating point emulation". Every NaN that comes out is the same quiet one. Double precision is in
 * doubles.c; here are the conversions. */
#include <stdint.h>

#define BITS 32
#define FRACTION_BITS 23
typedef uint32_t bits_t;

static inline int32_t zeros_before(uint32_t value)
{
  return __builtin_clz(value);
}

#include "ieee754.h"

typedef union {
  float value;
  uint32_t bits;
} single_t;

typedef union {
  double value;
  uint64_t bits;
} double_t;

static inline uint32_t bits_of(float value)
{
  single_t single = {value};
  return single.bits;
}

static inline float float_of(uint32_t bits)
{
  single_t single;
  single.bits = bits;
  return single.value;
}

static uint32_t upper_product(uint32_t a, uint32_t b)
{
  product_t product = multiply(a, b);
  return product.high | (product.low != 0);
}

float __addsf3(float a, float b)
{
  return float_of(add(bits_of(a), bits_of(b)));
}

float __subsf3(float a, float b)
{
  return float_of(add(bits_of(a), bits_of(b) ^ SIGN));
}

float __mulsf3(float a, float b)
{
  return float_of(multiply_bits(bits_of(a), bits_of(b)));
}

static uint32_t from_magnitude(uint32_t sign, uint32_t magnitude)
{
  int32_t zeros;

  if (magnitude == 0) {
    return 0;
  }
  zeros = __builtin_clz(magnitude);
  return round_and_pack(sign, BIAS + 31 - zeros, shift_and_keep(magnitude << zeros, 31 - TOP));
}

float __floatsisf(int32_t number)
{
  return float_of(number < 0 ? from_magnitude(SIGN, 0u - (uint32_t)number) : from_magnitude(0, (uint32_t)number));
}

float __floatunsisf(uint32_t number)
{
  return float_of(from_magnitude(0, number));
}

/* Towards zero; below one 0, from 2^32 on (and NaN) the largest: C leaves both open. */
uint32_t __fixunssfsi(float number)
{
  uint32_t bits = bits_of(number);
  int32_t exponent = exponent_of(bits);
  uint32_t mantissa = (bits | (FRACTION + 1u)) << 8;

  if (bits >> 31 != 0 || exponent < BIAS) {
    return 0;
  }
  return exponent < BIAS + 32 ? mantissa >> (BIAS + 31 - exponent) : 0xFFFFFFFFu;
}

/* Exact. */
double __extendsfdf2(float number)
{
  uint32_t bits = bits_of(number);
  uint32_t magnitude = bits & ~SIGN;
  int32_t exponent = exponent_of(bits);
  double_t result = {0};
  uint32_t high = 0;
  uint32_t low = 0;

  if (exponent == 255) {
    high = magnitude > INFINITE ? 0x7FF80000u : 0x7FF00000u;
  } else if (magnitude != 0) {
    uint32_t mantissa = normalised(bits, &exponent);
    high = ((uint32_t)(exponent - BIAS + 1023) << 20) + ((mantissa & ~SIGN) >> 11);
    low = mantissa << 21;
  }
  result.bits = (uint64_t)(high | (bits & SIGN)) << 32 | low;
  return result.value;
}

float __truncdfsf2(double number)
{
  double_t wide = {number};
  uint32_t high = (uint32_t)(wide.bits >> 32);
  uint32_t low = (uint32_t)wide.bits;
  int32_t exponent = (int32_t)(high >> 20 & 0x7FFu);
  uint32_t sign = high & SIGN;
  uint32_t mantissa = (high & 0xFFFFFu) << 10 | low >> 22;

  if (exponent == 0x7FF) {
    return float_of((high & 0xFFFFFu) != 0 || low != 0 ? NAN_BITS : sign | INFINITE);
  }
  if (exponent == 0) { /* below 2^-1022: it rounds to zero */
    return float_of(sign);
  }
  mantissa |= 1u << TOP | ((low << 10) != 0);
  return float_of(round_and_pack(sign, exponent - 1023 + BIAS, mantissa));
}
