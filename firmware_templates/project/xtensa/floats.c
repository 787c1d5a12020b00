/* SPDX-License-Identifier: MIT-0 */
/* Single-precision arithmetic that an ESP8266 has in its ROM, and that the compiler's library therefore leaves out:
 * IEEE 754 binary32, rounded to nearest, ties to even, with subnormal numbers. Names and meaning are those of the GCC
 * manual, "Routines for floating point emulation". Every NaN that comes out is the same quiet one. Double precision is in
 * doubles.c; here are the conversions. */
#include "arithmetic.h"

#define SIGN 0x80000000u
#define INFINITE 0x7F800000u
#define NAN_BITS 0x7FC00000u
#define FRACTION 0x007FFFFFu
#define BIAS 127
#define TOP 30 /* bit of the leading one while a number is worked on: 23 of the fraction, and 7 to round by */

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

/* Shift right; bits that fall out leave the lowest one set, so that rounding knows of them. */
static inline uint32_t shift_and_keep(uint32_t mantissa, uint32_t shift)
{
  if (shift == 0) {
    return mantissa;
  }
  return shift < 32 ? mantissa >> shift | ((mantissa << (32 - shift)) != 0) : mantissa != 0;
}

/* The number mantissa / 2^TOP * 2^(exponent - BIAS), its leading one at TOP, or lower where the exponent is 1. */
static uint32_t round_and_pack(uint32_t sign, int32_t exponent, uint32_t mantissa)
{
  if (exponent < 1) {
    mantissa = shift_and_keep(mantissa, (uint32_t)(1 - exponent));
    exponent = 1;
  }
  if (exponent > 254) {
    return sign | INFINITE;
  }
  mantissa = (mantissa + 0x3Fu + (mantissa >> 7 & 1u)) >> 7;
  return sign | (((uint32_t)(exponent - 1) << 23) + mantissa); /* the leading one, and a carry, add to the exponent */
}

static inline int32_t exponent_of(uint32_t bits)
{
  return (int32_t)(bits >> 23 & 0xFFu);
}

static uint32_t add(uint32_t a, uint32_t b)
{
  int32_t exponent;
  int32_t exponent_b;
  uint32_t mantissa;
  uint32_t mantissa_b;

  if ((a & ~SIGN) < (b & ~SIGN)) { /* a has the larger magnitude, and is NaN if one of both is */
    uint32_t other = a;
    a = b;
    b = other;
  }
  exponent = exponent_of(a);
  exponent_b = exponent_of(b);
  if (exponent == 255) {
    return (a & FRACTION) != 0 || (a ^ b) == SIGN ? NAN_BITS : a;
  }
  mantissa = (a & FRACTION) << 7;
  mantissa_b = (b & FRACTION) << 7;
  if (exponent != 0) {
    mantissa |= 1u << TOP;
  } else {
    exponent = 1;
  }
  if (exponent_b != 0) {
    mantissa_b |= 1u << TOP;
  } else {
    exponent_b = 1;
  }
  mantissa_b = shift_and_keep(mantissa_b, (uint32_t)(exponent - exponent_b));
  if (((a ^ b) & SIGN) == 0) {
    mantissa += mantissa_b;
    if (mantissa >> (TOP + 1) != 0) {
      mantissa = shift_and_keep(mantissa, 1);
      exponent += 1;
    }
  } else {
    mantissa -= mantissa_b;
    if (mantissa == 0) {
      return 0;
    }
    {
      int32_t shift = __builtin_clz(mantissa) - (31 - TOP);
      shift = shift < exponent ? shift : exponent - 1;
      mantissa <<= shift;
      exponent -= shift;
    }
  }
  return round_and_pack(a & SIGN, exponent, mantissa);
}

/* A finite number other than zero as its exponent and a mantissa whose leading one is bit 31. */
static inline uint32_t normalised(uint32_t bits, int32_t *exponent)
{
  uint32_t fraction = bits & FRACTION;

  if (*exponent != 0) {
    return (fraction | (FRACTION + 1u)) << 8;
  }
  {
    int32_t shift = __builtin_clz(fraction);
    *exponent = 9 - shift; /* the highest bit of a fraction, 22, has the exponent 0; eight bits are above all */
    return fraction << shift;
  }
}

static uint32_t multiply_floats(uint32_t a, uint32_t b)
{
  uint32_t sign = (a ^ b) & SIGN;
  int32_t exponent_a = exponent_of(a);
  int32_t exponent_b = exponent_of(b);
  int32_t exponent;
  uint32_t mantissa_a;
  uint32_t mantissa_b;
  product_t product;

  a &= ~SIGN;
  b &= ~SIGN;
  if (exponent_a == 255 || exponent_b == 255) {
    return a > INFINITE || b > INFINITE || a == 0 || b == 0 ? NAN_BITS : sign | INFINITE;
  }
  if (a == 0 || b == 0) {
    return sign;
  }
  mantissa_a = normalised(a, &exponent_a);
  mantissa_b = normalised(b, &exponent_b);
  product = multiply(mantissa_a, mantissa_b >> 1); /* leading one at bit 62 or 61 */
  exponent = exponent_a + exponent_b - BIAS + 1;
  if (product.high >> TOP == 0) {
    product.high = product.high << 1 | product.low >> 31;
    product.low <<= 1;
    exponent -= 1;
  }
  return round_and_pack(sign, exponent, product.high | (product.low != 0));
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
  return float_of(multiply_floats(bits_of(a), bits_of(b)));
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
