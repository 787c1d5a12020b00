/* SPDX-License-Identifier: MIT-0 */
/* Addition and multiplication of binary floating-point numbers, rounded to nearest, ties to even, with subnormal numbers
 * (IEEE 754), on their bits. Who includes it says how wide they are: bits_t, unsigned, of BITS bits, FRACTION_BITS of them
 * the fraction's; zeros_before(), the leading zeros of what is not zero; and afterwards upper_product(). Every NaN that
 * comes out is the same quiet one. */
#include "arithmetic.h"

#define EXPONENT_MAX ((1 << (BITS - 1 - FRACTION_BITS)) - 1)
#define BIAS (EXPONENT_MAX >> 1)
#define SIGN ((bits_t)1 << (BITS - 1))
#define INFINITE ((bits_t)EXPONENT_MAX << FRACTION_BITS)
#define NAN_BITS (INFINITE | (bits_t)1 << (FRACTION_BITS - 1))
#define FRACTION (((bits_t)1 << FRACTION_BITS) - 1u)
#define TOP (BITS - 2)                /* bit of the leading one while a number is worked on */
#define ROUND_BITS (TOP - FRACTION_BITS) /* to round by */
#define UNUSED_BITS (BITS - 1 - FRACTION_BITS) /* above a fraction with its leading one */

/* Shift right; bits that fall out leave the lowest one set, so that rounding knows of them. */
static inline bits_t shift_and_keep(bits_t mantissa, uint32_t shift)
{
  if (shift == 0) {
    return mantissa;
  }
  return shift < BITS ? mantissa >> shift | ((bits_t)(mantissa << (BITS - shift)) != 0) : mantissa != 0;
}

/* The number mantissa / 2^TOP * 2^(exponent - BIAS), its leading one at TOP, or lower where the exponent is 1. */
static bits_t round_and_pack(bits_t sign, int32_t exponent, bits_t mantissa)
{
  if (exponent < 1) {
    mantissa = shift_and_keep(mantissa, (uint32_t)(1 - exponent));
    exponent = 1;
  }
  if (exponent >= EXPONENT_MAX) {
    return sign | INFINITE;
  }
  mantissa = (mantissa + (1u << (ROUND_BITS - 1)) - 1u + (mantissa >> ROUND_BITS & 1u)) >> ROUND_BITS;
  /* The leading one, and a carry, add to the exponent. */
  return sign | (((bits_t)(uint32_t)(exponent - 1) << FRACTION_BITS) + mantissa);
}

static inline int32_t exponent_of(bits_t bits)
{
  return (int32_t)(bits >> FRACTION_BITS & (uint32_t)EXPONENT_MAX);
}

static bits_t add(bits_t a, bits_t b)
{
  int32_t exponent;
  int32_t exponent_b;
  bits_t mantissa;
  bits_t mantissa_b;

  if ((a & ~SIGN) < (b & ~SIGN)) { /* a has the larger magnitude, and is NaN if one of both is */
    bits_t other = a;
    a = b;
    b = other;
  }
  exponent = exponent_of(a);
  exponent_b = exponent_of(b);
  if (exponent == EXPONENT_MAX) {
    return (a & FRACTION) != 0 || (a ^ b) == SIGN ? NAN_BITS : a;
  }
  mantissa = (a & FRACTION) << ROUND_BITS;
  mantissa_b = (b & FRACTION) << ROUND_BITS;
  if (exponent != 0) {
    mantissa |= (bits_t)1 << TOP;
  } else {
    exponent = 1;
  }
  if (exponent_b != 0) {
    mantissa_b |= (bits_t)1 << TOP;
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
    int32_t shift;
    mantissa -= mantissa_b;
    if (mantissa == 0) {
      return 0;
    }
    shift = zeros_before(mantissa) - (BITS - 1 - TOP);
    shift = shift < exponent ? shift : exponent - 1;
    mantissa <<= shift;
    exponent -= shift;
  }
  return round_and_pack(a & SIGN, exponent, mantissa);
}

/* A finite number other than zero as its exponent and a mantissa whose leading one is the highest bit. */
static inline bits_t normalised(bits_t bits, int32_t *exponent)
{
  bits_t fraction = bits & FRACTION;
  int32_t shift;

  if (*exponent != 0) {
    return (fraction | (FRACTION + 1u)) << UNUSED_BITS;
  }
  shift = zeros_before(fraction);
  *exponent = UNUSED_BITS + 1 - shift; /* the highest bit of a fraction has the exponent 0 */
  return fraction << shift;
}

/* The upper half of a product, the lowest bit of it set where lower ones are. */
static bits_t upper_product(bits_t a, bits_t b);

static bits_t multiply_bits(bits_t a, bits_t b)
{
  bits_t sign = (a ^ b) & SIGN;
  int32_t exponent_a = exponent_of(a);
  int32_t exponent_b = exponent_of(b);
  int32_t exponent;
  bits_t mantissa;

  a &= ~SIGN;
  b &= ~SIGN;
  if (exponent_a == EXPONENT_MAX || exponent_b == EXPONENT_MAX) {
    return a > INFINITE || b > INFINITE || a == 0 || b == 0 ? NAN_BITS : sign | INFINITE;
  }
  if (a == 0 || b == 0) {
    return sign;
  }
  mantissa = normalised(a, &exponent_a);
  mantissa = upper_product(mantissa, normalised(b, &exponent_b) >> 1); /* leading one at TOP, or a bit lower */
  exponent = exponent_a + exponent_b - BIAS + 1;
  if (mantissa >> TOP == 0) {
    mantissa <<= 1;
    exponent -= 1;
  }
  return round_and_pack(sign, exponent, mantissa);
}
