/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's own copy of the inputs: an inference may destroy the model's. */
#include <stddef.h>
#include <string.h>

#include "harness_config.h"
#include "harness_model.h"
#include "harness_runner.h"

static uint8_t copies[HARNESS_INPUT_BYTES > 0 ? HARNESS_INPUT_BYTES : 1];

/* Where the copy of an input lies, or NULL where the buffer is too small for it: the project was rendered wrongly. */
static uint8_t *copy_of(uint16_t index)
{
  uint32_t offset = 0;

  if (index >= harness_model.input_count) {
    return NULL;
  }
  for (uint16_t i = 0; i < index; i++) {
    offset += (harness_model.inputs[i].size_bytes + 15u) & ~(uint32_t)15u;
  }
  if (offset > sizeof copies || harness_model.inputs[index].size_bytes > sizeof copies - offset) {
    return NULL;
  }
  return copies + offset;
}

const uint8_t *harness_input(uint16_t index)
{
  return copy_of(index);
}

harness_status_t harness_load_input(uint16_t index, uint32_t offset, const uint8_t *bytes, uint32_t size)
{
  uint8_t *copy = copy_of(index);

  if (copy == NULL || offset > harness_model.inputs[index].size_bytes ||
      size > harness_model.inputs[index].size_bytes - offset) {
    return HARNESS_OUT_OF_RANGE;
  }
  memcpy(copy + offset, bytes, (size_t)size);
  return HARNESS_OK;
}

harness_status_t harness_repeat_input(uint16_t index, uint32_t period)
{
  uint8_t *copy = copy_of(index);
  uint32_t size;

  if (copy == NULL || period == 0 || period > harness_model.inputs[index].size_bytes) {
    return HARNESS_OUT_OF_RANGE;
  }
  size = harness_model.inputs[index].size_bytes;
  for (uint32_t i = period; i < size; i++) {
    copy[i] = copy[i - period];
  }
  return HARNESS_OK;
}

/* G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003: shifts 13, 17, 5. */
static uint32_t xorshift(uint32_t state)
{
  state ^= (state << 13) & 0xFFFFFFFFu;
  state ^= state >> 17;
  return state ^ ((state << 5) & 0xFFFFFFFFu);
}

/* The bits of value / 128 as a float, value an int8: put together by hand, so that no floating-point library comes in. */
static uint32_t fraction_bits(uint8_t value)
{
  uint32_t sign = value & 0x80u;
  uint32_t magnitude = sign ? 256u - value : value;
  uint32_t exponent = 127;

  if (magnitude == 0) {
    return 0;
  }
  while (magnitude < 128u) {
    magnitude <<= 1;
    exponent--;
  }
  return sign << 24 | exponent << 23 | (magnitude & 0x7Fu) << 16;
}

harness_status_t harness_xorshift_input(uint16_t index, uint8_t element, uint32_t state)
{
  uint8_t *copy = copy_of(index);
  uint32_t count;

  if (copy == NULL || (element != 1 && element != 4)) {
    return HARNESS_OUT_OF_RANGE;
  }
  count = harness_model.inputs[index].size_bytes / element;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t byte = (uint8_t)(state >> (8u * (i & 3u)));
    if (element == 1) {
      copy[i] = byte;
    } else {
      harness_put_u32(copy + 4u * i, fraction_bits(byte));
    }
    if ((i & 3u) == 3u) {
      state = xorshift(state);
    }
  }
  return HARNESS_OK;
}

void harness_write_inputs(void)
{
  for (uint16_t i = 0; i < harness_model.input_count; i++) {
    const uint8_t *copy = copy_of(i);
    if (copy != NULL) {
      memcpy(harness_model.inputs[i].data, copy, (size_t)harness_model.inputs[i].size_bytes);
    }
  }
}
