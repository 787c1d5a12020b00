/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic that a compiler's library or a processor does: a line with a hash of many results for each operation. The
 * same program on two machines prints the same lines, if both hold to IEEE 754 and two's complement. */
#include <stdint.h>
#include <string.h>

#ifdef ON_HOST
#include <stdio.h>
static void put(const char *text) { fputs(text, stdout); }
#else
#include "harness_hal.h"
static void put(const char *text) { hal_write((const uint8_t *)text, strlen(text)); }
#endif

#define ROUNDS 12000u

static const uint32_t edges[] = {
    0x00000000u, 0x00000001u, 0x00000002u, 0x00000003u, 0x00400000u, 0x007FFFFEu, 0x007FFFFFu, /* subnormal */
    0x00800000u, 0x00800001u, 0x00FFFFFFu, 0x01000000u, 0x0C800000u, 0x1F800000u, 0x20000000u, /* small */
    0x33000000u, 0x33800000u, 0x33800001u, 0x34000000u, 0x3F000000u, 0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x3FC00000u,
    0x3FFFFFFFu, 0x40000000u, 0x4B000000u, 0x4B000001u, 0x4B7FFFFFu, 0x4B800000u, 0x4EFFFFFFu, 0x4F000000u, 0x4F7FFFFFu,
    0x5F000000u, 0x7E800000u, 0x7F000000u, 0x7F7FFFFEu, 0x7F7FFFFFu, /* large */
    0x7F800000u, 0x7F800001u, 0x7FC00000u,                           /* infinite, NaN */
};
#define EDGES (sizeof edges / sizeof edges[0])

static uint32_t hash;
static uint32_t state;

static uint32_t next(void) /* xorshift, 13 17 5 */
{
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static void note(uint32_t word)
{
  for (int i = 0; i < 4; ++i) {
    hash = (hash ^ (word >> (8 * i) & 0xFFu)) * 0x01000193u;
  }
}

static void note_64(uint64_t word)
{
  note((uint32_t)word);
  note((uint32_t)(word >> 32));
}

static float float_of(uint32_t bits)
{
  float value;

  memcpy(&value, &bits, sizeof value);
  return value;
}

static void note_float(float value)
{
  uint32_t bits;

  memcpy(&bits, &value, sizeof bits);
  note((bits & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FC00000u : bits); /* one NaN is as good as another */
}

static void note_double(double value)
{
  uint64_t bits;

  memcpy(&bits, &value, sizeof bits);
  note_64((bits & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u ? 0x7FF8000000000000u : bits);
}

/* Number `round` of the operands: all pairs of edges with both signs, then random ones, some of them close together. */
static void operands(uint32_t round, uint32_t *a, uint32_t *b)
{
  if (round < 4 * EDGES * EDGES) {
    *a = edges[round / 4 % EDGES] | (round & 1u) << 31;
    *b = edges[round / 4 / EDGES] | (round & 2u) << 30;
    return;
  }
  *a = next();
  *b = next();
  switch (round % 4) {
  case 1: /* near exponents */
    *b = (*b & 0x807FFFFFu) | ((*a & 0x7F800000u) ^ (next() & 0x07800000u));
    break;
  case 2: /* few bits, so that ties are common */
    *a &= 0xFFF00000u;
    *b &= 0xFFFFF000u;
    break;
  case 3: /* products near the subnormal numbers */
    *b = (*b & 0x807FFFFFu) | (0x40000000u - (*a & 0x7F800000u) + (next() & 0x0F800000u)) % 0x7F800000u;
    break;
  default:
    break;
  }
}

static uint32_t small(uint32_t word)
{
  return word >> (word & 31u);
}

static void put_line(const char *name)
{
  char line[9];

  for (int i = 0; i < 8; ++i) {
    line[i] = "0123456789abcdef"[hash >> (28 - 4 * i) & 15u];
  }
  line[8] = '\0';
  put(name);
  put(" ");
  put(line);
  put("\n");
}

#define CHECK(name, statement)                     \
  hash = 0x811C9DC5u;                              \
  state = 0x12345678u;                             \
  for (uint32_t round = 0; round < ROUNDS; ++round) { \
    uint32_t a;                                    \
    uint32_t b;                                    \
    operands(round, &a, &b);                       \
    statement;                                     \
  }                                                \
  put_line(name)

#define X float_of(a)
#define Y float_of(b)
#define WIDE(word) ((uint64_t)(word) << 32 | next())
#define FITS(low, high) (X >= (low) && X < (high))

static double double_near(uint32_t a, uint32_t b) /* a float's, and more bits than a float has */
{
  uint64_t bits;
  double value = (double)float_of(a);

  memcpy(&bits, &value, sizeof bits);
  if ((a & 0x7F800000u) != 0x7F800000u) {
    bits ^= (b & 1u) != 0 ? b : (b & 0x30000000u);
  }
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double wide(uint32_t high) /* with any lower half */
{
  uint64_t bits = (uint64_t)high << 32 | (high % 3u == 0 ? 0 : next());
  double value;

  memcpy(&value, &bits, sizeof value);
  return value;
}

#define IN_INT32(value) ((value) > -2147483649.0 && (value) < 2147483648.0)
#define IN_UINT32(value) ((value) > -1.0 && (value) < 4294967296.0)

static void check_doubles(void)
{
  CHECK("double +", note_double(wide(a) + wide(b)));
  CHECK("double -", note_double(wide(a) - wide(b)));
  CHECK("double *", note_double(wide(a) * wide(b)));
  CHECK("double /", note_double(wide(a) / wide(b)));
  CHECK("double + of near ones", note_double(double_near(a, b) + double_near(b, a)));
  CHECK("double * of near ones", note_double(double_near(a, b) * double_near(b, a)));
  CHECK("double / of near ones", note_double(double_near(a, b) / double_near(b, a)));
  CHECK("double compared", double x = wide(a); double y = wide(b); note((uint32_t)(x < y) | (uint32_t)(x <= y) << 1 |
        (uint32_t)(x > y) << 2 | (uint32_t)(x >= y) << 3 | (uint32_t)(x == y) << 4));
  CHECK("int32 to double", note_double((double)(int32_t)a); note_double((double)b));
  CHECK("double to int32", double x = double_near(a, b); note(IN_INT32(x) ? (uint32_t)(int32_t)x : 7u);
        note(IN_UINT32(x) ? (uint32_t)x : 7u));
}

static void check_all(void)
{
  check_doubles();
  CHECK("float +", note_float(X + Y));
  CHECK("float -", note_float(X - Y));
  CHECK("float *", note_float(X * Y));
  CHECK("float /", note_float(X / Y));
  CHECK("float compared", note((uint32_t)(X < Y) | (uint32_t)(X <= Y) << 1 | (uint32_t)(X > Y) << 2 |
                               (uint32_t)(X >= Y) << 3 | (uint32_t)(X == Y) << 4 | (uint32_t)(X != Y) << 5));
  CHECK("int32 to float", note_float((float)(int32_t)small(a)); note_float((float)(int32_t)b));
  CHECK("uint32 to float", note_float((float)small(a)); note_float((float)b));
  CHECK("int64 to float", note_float((float)((int64_t)WIDE(a) >> (b & 63u))));
  CHECK("uint64 to float", note_float((float)(WIDE(a) >> (b & 63u))));
  CHECK("float to int32", note(FITS(-2147483648.0f, 2147483648.0f) ? (uint32_t)(int32_t)X : 7u));
  CHECK("float to uint32", note(FITS(0.0f, 4294967296.0f) ? (uint32_t)X : 7u));
  CHECK("float to int64", note_64(FITS(-0x1p63f, 0x1p63f) ? (uint64_t)(int64_t)X : 7u));
  CHECK("float to double", note_double((double)X));
  CHECK("double to float", note_float((float)double_near(a, b)));
  CHECK("int32 *", note(a * b));
  CHECK("int32 / %", int32_t d = (int32_t)small(b); if (d != 0 && !(a == 0x80000000u && d == -1)) {
    note((uint32_t)((int32_t)a / d));
    note((uint32_t)((int32_t)a % d));
  });
  CHECK("uint32 / %", uint32_t d = small(b); if (d != 0) { note(a / d); note(a % d); });
  CHECK("int32 * int32 to 64", note_64((uint64_t)((int64_t)(int32_t)a * (int32_t)b)));
  CHECK("int64 *", note_64(WIDE(a) * WIDE(b)));
  CHECK("int64 / %", int64_t n = (int64_t)WIDE(a); int64_t d = (int64_t)WIDE(b) >> (a & 63u); if (d != 0 && d != -1) {
    note_64((uint64_t)(n / d));
    note_64((uint64_t)(n % d));
  });
  CHECK("uint64 / %", uint64_t d = WIDE(b) >> (a & 63u); if (d != 0) { note_64(WIDE(a) / d); note_64(WIDE(a) % d); });
  CHECK("int64 shifted", note_64(WIDE(a) << (b & 63u)); note_64(WIDE(a) >> (b & 63u));
        note_64((uint64_t)((int64_t)WIDE(a) >> (b & 63u))));
}

int main(void)
{
#ifdef ON_HOST
  check_all();
  return 0;
#else
  hal_init();
  check_all();
  put("end\n");
  for (;;) {
    hal_wait();
  }
#endif
}
