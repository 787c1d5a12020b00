/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's own copy of the inputs: an inference may destroy the model's. */
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
  memcpy(copy + offset, bytes, size);
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

/* The finalizer of MurmurHash3 (Austin Appleby, public domain): the host computes any element without those before. */
static uint32_t scramble(uint32_t seed, uint32_t index)
{
  uint32_t x = (seed + (index + 1u) * 0x9E3779B9u) & 0xFFFFFFFFu;

  x = ((x ^ (x >> 16)) * 0x85EBCA6Bu) & 0xFFFFFFFFu;
  x = ((x ^ (x >> 13)) * 0xC2B2AE35u) & 0xFFFFFFFFu;
  return x ^ (x >> 16);
}

/* A float of either sign between 2^-8 and 1, put together from its bits: no floating-point library is drawn in. */
static uint32_t float_bits(uint32_t x)
{
  return (x & 0x807FFFFFu) | ((126u - ((x >> 23) & 7u)) << 23);
}

harness_status_t harness_random_input(uint16_t index, uint8_t kind, uint32_t seed)
{
  uint8_t *copy = copy_of(index);
  uint32_t size;

  if (copy == NULL || (kind != 1 && kind != 4)) {
    return HARNESS_OUT_OF_RANGE;
  }
  size = harness_model.inputs[index].size_bytes;
  for (uint32_t i = 0; i < size / kind; i++) {
    uint32_t x = scramble(seed, i);
    if (kind == 1) {
      copy[i] = (uint8_t)(x >> 24);
    } else {
      harness_put_u32(copy + 4u * i, float_bits(x));
    }
  }
  return HARNESS_OK;
}

void harness_write_inputs(void)
{
  for (uint16_t i = 0; i < harness_model.input_count; i++) {
    const uint8_t *copy = copy_of(i);
    if (copy != NULL) {
      memcpy(harness_model.inputs[i].data, copy, harness_model.inputs[i].size_bytes);
    }
  }
}
