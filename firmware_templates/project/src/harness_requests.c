/* SPDX-License-Identifier: Apache-2.0 */
/* What each request does. docs/link.md has the byte layout of requests and replies. */
#include <stddef.h>
#include <string.h>

#include "harness_config.h"
#include "harness_hal.h"
#include "harness_model.h"
#include "harness_runner.h"

static void add_u32(harness_reply_t *reply, uint32_t value)
{
  harness_put_u32(reply->body + reply->size, value);
  reply->size = (uint16_t)(reply->size + 4u);
}

void harness_describe(const uint8_t *nonce, harness_reply_t *reply)
{
  uint8_t *at = reply->body;

  harness_put_u16(at, HARNESS_LINK_VERSION);
  harness_put_u16(at + 2, HARNESS_MAX_PAYLOAD);
  memcpy(at + 4, nonce, HARNESS_NONCE_BYTES);
  memcpy(at + 12, harness_build_key, sizeof harness_build_key);
  hal_chip_id(at + 44);
  at[60] = hal_reset_cause();
  at[61] = hal_stack_limit() != NULL ? 1u : 0u; /* features: bit 0, the peak of the stack can be found */
  harness_put_u16(at + 62, harness_model.layer_count);
  harness_put_u32(at + 64, hal_boot_count());
  harness_put_u32(at + 68, hal_clock_hz());
  harness_put_u32(at + 72, hal_ticks_per_second());
  harness_put_u32(at + 76, hal_heap_bytes());
  harness_put_u16(at + 80, harness_model.input_count);
  harness_put_u16(at + 82, harness_model.output_count);
  harness_put_u32(at + 84, (uint32_t)HARNESS_INPUT_BYTES);
  reply->size = HARNESS_HELLO_BYTES;
}

static harness_status_t sizes(const uint8_t *payload, harness_reply_t *reply)
{
  uint16_t first = harness_get_u16(payload + 1);
  uint16_t count;

  if (payload[0] > 2) {
    return HARNESS_OUT_OF_RANGE;
  }
  count = payload[0] == 0 ? harness_model.input_count
                          : (payload[0] == 1 ? harness_model.output_count : harness_model.layer_count);
  for (uint16_t i = first; i < count && reply->size + 4u <= HARNESS_BODY_BYTES; i++) {
    add_u32(reply, payload[0] == 0 ? harness_model.inputs[i].size_bytes
                                   : (payload[0] == 1 ? harness_model.outputs[i].size_bytes
                                                      : harness_model.layers[i].output.size_bytes));
  }
  return HARNESS_OK;
}

static harness_status_t load_input(const uint8_t *payload, uint16_t size, harness_reply_t *reply)
{
  uint16_t index = harness_get_u16(payload);
  uint32_t offset = harness_get_u32(payload + 2);
  uint32_t count = (uint32_t)(size - 6u);
  harness_status_t status = harness_load_input(index, offset, payload + 6, count);

  if (status == HARNESS_OK) {
    add_u32(reply, harness_crc32(0, harness_input(index) + offset, count));
  }
  return status;
}

static harness_status_t fill_input(uint8_t type, const uint8_t *payload, harness_reply_t *reply)
{
  uint16_t index = harness_get_u16(payload);
  uint32_t number = harness_get_u32(payload + 2);
  harness_status_t status = type == HARNESS_REPEAT_INPUT ? harness_repeat_input(index, number)
                                                         : harness_xorshift_input(index, payload[6], number);

  if (status == HARNESS_OK) {
    add_u32(reply, harness_crc32(0, harness_input(index), harness_model.inputs[index].size_bytes));
  }
  return status;
}

/* Whether the project's buffer holds all inputs. */
static int inputs_fit(void)
{
  return harness_model.input_count == 0 || harness_input((uint16_t)(harness_model.input_count - 1u)) != NULL;
}

static harness_status_t run(const uint8_t *payload, harness_reply_t *reply)
{
  uint16_t runs = harness_get_u16(payload);
  uint16_t warmups = harness_get_u16(payload + 2);
  uint8_t keeps_state = payload[4] & HARNESS_RUN_KEEPS_STATE;

  if (runs > HARNESS_BODY_BYTES / 12u) {
    return HARNESS_OUT_OF_RANGE;
  }
  harness_announce_start();
  for (uint32_t i = 0; i < (uint32_t)warmups + runs; i++) {
    uint64_t ticks;
    if (!keeps_state) {
      harness_model.reset();
    }
    harness_write_inputs();
    ticks = harness_timed_inference();
    if (i >= warmups) {
      harness_put_u64(reply->body + reply->size, ticks);
      harness_put_u32(reply->body + reply->size + 8, harness_output_hash());
      reply->size = (uint16_t)(reply->size + 12u);
    }
  }
  return HARNESS_OK;
}

static harness_status_t run_layers(const uint8_t *payload, uint16_t size, harness_reply_t *reply)
{
  uint16_t first = harness_get_u16(payload);
  uint16_t last = harness_get_u16(payload + 2);
  uint8_t keeps_state = size > 4 && (payload[4] & HARNESS_RUN_KEEPS_STATE) != 0;

  if (first > last || last >= harness_model.layer_count || (uint32_t)(last - first) >= HARNESS_BODY_BYTES / 4u) {
    return HARNESS_OUT_OF_RANGE;
  }
  harness_announce_start();
  if (first == 0) {
    if (!keeps_state) {
      harness_model.reset();
    }
    harness_write_inputs();
  }
  for (uint32_t i = first; i <= last; i++) {
    const harness_tensor_t *output = &harness_model.layers[i].output;
    harness_run_layer((uint16_t)i);
    add_u32(reply, harness_crc32(0, output->data, output->size_bytes));
  }
  return HARNESS_OK;
}

static harness_status_t read_tensor(const harness_tensor_t *tensor, const uint8_t *payload, harness_reply_t *reply)
{
  uint32_t offset = harness_get_u32(payload + 2);
  uint16_t size = harness_get_u16(payload + 6);

  if (size > HARNESS_BODY_BYTES || offset > tensor->size_bytes || size > tensor->size_bytes - offset) {
    return HARNESS_OUT_OF_RANGE;
  }
  memcpy(reply->body, (const uint8_t *)tensor->data + offset, size);
  reply->size = size;
  return HARNESS_OK;
}

static harness_status_t read_one_of(uint8_t type, const uint8_t *payload, harness_reply_t *reply)
{
  uint16_t index = harness_get_u16(payload);
  uint16_t count = type == HARNESS_READ_OUTPUT ? harness_model.output_count : harness_model.layer_count;

  if (index >= count) {
    return HARNESS_OUT_OF_RANGE;
  }
  return read_tensor(type == HARNESS_READ_OUTPUT ? &harness_model.outputs[index] : &harness_model.layers[index].output,
                     payload, reply);
}

static harness_status_t read_memory(const uint8_t *payload, harness_reply_t *reply)
{
  uint64_t address = harness_get_u64(payload);
  uint16_t size = harness_get_u16(payload + 8);

  if (size > HARNESS_BODY_BYTES || (uint64_t)(uintptr_t)address != address ||
      size > UINTPTR_MAX - (uintptr_t)address || !hal_readable((uintptr_t)address, size)) {
    return HARNESS_OUT_OF_RANGE;
  }
  memcpy(reply->body, (const void *)(uintptr_t)address, size);
  reply->size = size;
  return HARNESS_OK;
}

static harness_status_t stack(harness_reply_t *reply)
{
  uint32_t bytes = 0;
  harness_status_t status;

  harness_announce_start();
  status = harness_peak_stack(&bytes);
  add_u32(reply, bytes);
  return status;
}

static uint16_t smallest_request(uint8_t type)
{
  switch (type) {
  case HARNESS_SIZES:
    return 3;
  case HARNESS_LOAD_INPUT:
  case HARNESS_REPEAT_INPUT:
    return 6;
  case HARNESS_XORSHIFT_INPUT:
    return 7;
  case HARNESS_RUN:
    return 5;
  case HARNESS_RUN_LAYERS:
    return 4;
  case HARNESS_READ_OUTPUT:
  case HARNESS_READ_TENSOR:
    return 8;
  case HARNESS_READ_MEMORY:
    return 10;
  default:
    return 0;
  }
}

harness_status_t harness_request(uint8_t type, const uint8_t *payload, uint16_t size, harness_reply_t *reply)
{
  if (size < smallest_request(type)) {
    return HARNESS_BAD_LENGTH;
  }
  if (!inputs_fit()) {
    return HARNESS_BAD_BUILD;
  }
  switch (type) {
  case HARNESS_SIZES:
    return sizes(payload, reply);
  case HARNESS_LOAD_INPUT:
    return load_input(payload, size, reply);
  case HARNESS_REPEAT_INPUT:
  case HARNESS_XORSHIFT_INPUT:
    return fill_input(type, payload, reply);
  case HARNESS_RUN:
    return run(payload, reply);
  case HARNESS_RUN_LAYERS:
    return run_layers(payload, size, reply);
  case HARNESS_READ_OUTPUT:
  case HARNESS_READ_TENSOR:
    return read_one_of(type, payload, reply);
  case HARNESS_READ_MEMORY:
    return read_memory(payload, reply);
  case HARNESS_STACK:
    return stack(reply);
  case HARNESS_HEAP:
    add_u32(reply, hal_heap_bytes());
    return HARNESS_OK;
  default:
    return HARNESS_UNKNOWN_TYPE;
  }
}
