/* SPDX-License-Identifier: Apache-2.0 */
/* Layers in C that make the compiler use all it knows: every size of access, tables, stacks, divisions, floats. */
#include <stdint.h>

enum { N = 64 };

int8_t bytes[N];
uint8_t octets[N];
int16_t shorts[N];
uint16_t halves[N];
int32_t words[N];
int64_t longs[N];
float floats[N];
double doubles[N];
volatile uint32_t *const uart_state = (volatile uint32_t *)UART_STATE_ADDRESS;
static const uint32_t table[8] = {2, 3, 5, 7, 11, 13, 17, 19};

/* The compiler may call it where it copies a structure. */
void *memcpy(void *to_bytes, const void *from_bytes, unsigned long size);
void *memcpy(void *to_bytes, const void *from_bytes, unsigned long size)
{
  uint8_t *out = to_bytes;
  const uint8_t *in = from_bytes;
  while (size-- > 0) {
    *out++ = *in++;
  }
  return to_bytes;
}

struct block {
  int32_t values[9];
};
struct block from, to;

static __attribute__((noipa)) int32_t choose(uint32_t what, int32_t value)
{
  switch (what) {
  case 0:
    return value + 1;
  case 1:
    return value * 3;
  case 2:
    return value ^ 0x55;
  case 3:
    return value / 7;
  case 4:
    return -value;
  case 5:
    return value % 9;
  default:
    return (int32_t)table[what & 7];
  }
}

__attribute__((noipa)) void layer_integers(void)
{
  for (int i = 0; i < N; i++) {
    int32_t sum = bytes[i] + octets[N - 1 - i] + shorts[i] * halves[i] + words[i];
    words[(i + 1) % N] = choose((uint32_t)i & 7, sum);
    bytes[i] = (int8_t)sum;
    octets[i] = (uint8_t)(sum >> 3);
    shorts[i] = (int16_t)(sum >> 5);
    halves[i] = (uint16_t)(sum >> 7);
    longs[i] += (int64_t)sum * words[i] / (i + 1);
    to = from;
    from.values[i % 9] = sum;
  }
}

__attribute__((noipa)) void layer_floats(void)
{
  for (int i = 0; i < N; i++) {
    floats[i] = floats[(i + 3) % N] * 1.5f + (float)words[i];
    doubles[i] = doubles[(i + 5) % N] / 3.0 + floats[i];
  }
}

__attribute__((noipa)) void layer_device(void)
{
  for (int i = 0; i < N; i++) {
    words[i] += (int32_t)*uart_state;
  }
}

__attribute__((noipa)) void inference(void)
{
  layer_integers();
  layer_floats();
  layer_device();
}

/* Named by the runner's commands, here without a use. */
void layer_loop(void)
{
}

void layer_nested(void)
{
}
