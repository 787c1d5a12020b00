/* SPDX-License-Identifier: MIT-0 */
/* Double-precision arithmetic that the compiler's library leaves out, as floats.c has it for single: IEEE 754 binary64,
 * rounded to nearest, ties to even, with subnormal numbers. Layers that quantize their input while they run need it. */
#include "arithmetic.h"

#define SIGN 0x8000000000000000u
#define INFINITE 0x7FF0000000000000u
#define NAN_BITS 0x7FF8000000000000u
#define FRACTION 0x000FFFFFFFFFFFFFu
#define BIAS 1023
#define TOP 62 /* bit of the leading one while a number is worked on: 52 of the fraction, and 10 to round by */

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

static inline int32_t zeros_before(uint64_t value)
{
  uint32_t high = (uint32_t)(value >> 32);
  return high != 0 ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value);
}

/* Shift right; bits that fall out leave the lowest one set, so that rounding knows of them. */
static inline uint64_t shift_and_keep(uint64_t mantissa, uint32_t shift)
{
  if (shift == 0) {
    return mantissa;
  }
  return shift < 64 ? mantissa >> shift | ((mantissa << (64 - shift)) != 0) : mantissa != 0;
}

/* The number mantissa / 2^TOP * 2^(exponent - BIAS), its leading one at TOP, or lower where the exponent is 1. */
static uint64_t round_and_pack(uint64_t sign, int32_t exponent, uint64_t mantissa)
{
  if (exponent < 1) {
    mantissa = shift_and_keep(mantissa, (uint32_t)(1 - exponent));
    exponent = 1;
  }
  if (exponent > 2046) {
    return sign | INFINITE;
  }
  mantissa = (mantissa + 0x1FFu + (mantissa >> 10 & 1u)) >> 10;
  return sign | (((uint64_t)(uint32_t)(exponent - 1) << 52) + mantissa); /* the leading one, and a carry, add to it */
}

static inline int32_t exponent_of(uint64_t bits)
{
  return (int32_t)(bits >> 52 & 0x7FFu);
}

static uint64_t add(uint64_t a, uint64_t b)
{
  int32_t exponent;
  int32_t exponent_b;
  uint64_t mantissa;
  uint64_t mantissa_b;

  if ((a & ~SIGN) < (b & ~SIGN)) { /* a has the larger magnitude, and is NaN if one of both is */
    uint64_t other = a;
    a = b;
    b = other;
  }
  exponent = exponent_of(a);
  exponent_b = exponent_of(b);
  if (exponent == 2047) {
    return (a & FRACTION) != 0 || (a ^ b) == SIGN ? NAN_BITS : a;
  }
  mantissa = (a & FRACTION) << 10;
  mantissa_b = (b & FRACTION) << 10;
  if (exponent != 0) {
    mantissa |= (uint64_t)1 << TOP;
  } else {
    exponent = 1;
  }
  if (exponent_b != 0) {
    mantissa_b |= (uint64_t)1 << TOP;
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
    shift = zeros_before(mantissa) - (63 - TOP);
    shift = shift < exponent ? shift : exponent - 1;
    mantissa <<= shift;
    exponent -= shift;
  }
  return round_and_pack(a & SIGN, exponent, mantissa);
}

/* A finite number other than zero as its exponent and a mantissa whose leading one is bit 63. */
static inline uint64_t normalised(uint64_t bits, int32_t *exponent)
{
  uint64_t fraction = bits & FRACTION;
  int32_t shift;

  if (*exponent != 0) {
    return (fraction | (FRACTION + 1u)) << 11;
  }
  shift = zeros_before(fraction);
  *exponent = 12 - shift; /* the highest bit of a fraction, 51, has the exponent 0; eleven bits are above all */
  return fraction << shift;
}

/* The upper 64 bits of a product, the lowest of them set where lower ones are. */
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

static uint64_t multiply_doubles(uint64_t a, uint64_t b)
{
  uint64_t sign = (a ^ b) & SIGN;
  int32_t exponent_a = exponent_of(a);
  int32_t exponent_b = exponent_of(b);
  int32_t exponent;
  uint64_t mantissa;

  a &= ~SIGN;
  b &= ~SIGN;
  if (exponent_a == 2047 || exponent_b == 2047) {
    return a > INFINITE || b > INFINITE || a == 0 || b == 0 ? NAN_BITS : sign | INFINITE;
  }
  if (a == 0 || b == 0) {
    return sign;
  }
  mantissa = normalised(a, &exponent_a);
  mantissa = upper_product(mantissa, normalised(b, &exponent_b) >> 1); /* leading one at bit 62 or 61 */
  exponent = exponent_a + exponent_b - BIAS + 1;
  if (mantissa >> TOP == 0) {
    mantissa <<= 1;
    exponent -= 1;
  }
  return round_and_pack(sign, exponent, mantissa);
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
  return double_of(multiply_doubles(bits_of(a), bits_of(b)));
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
