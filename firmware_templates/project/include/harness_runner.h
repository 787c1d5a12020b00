/* SPDX-License-Identifier: Apache-2.0 */
/* The runner: waits for requests of the link and carries them out on the model. */
#ifndef HARNESS_RUNNER_H
#define HARNESS_RUNNER_H

#include <stdint.h>

#include "harness_link.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bring up the board and announce the start. Called once, first. */
void harness_runner_start(void);

/* Sleep until bytes may have come, and answer the requests among them. Called for ever after. */
void harness_runner_poll(void);

/* Offered each byte that belongs to no frame. The runner has a weak one that ignores it. */
void harness_text_hook(uint8_t byte);

#ifdef __cplusplus
}
#endif

/* What follows is between the runner's own files. */

typedef enum {
  HARNESS_OK = 0,
  HARNESS_UNKNOWN_TYPE = 1,
  HARNESS_BAD_LENGTH = 2,
  HARNESS_OUT_OF_RANGE = 3,
  HARNESS_NO_SESSION = 4,
  HARNESS_NOT_AVAILABLE = 5,
  HARNESS_STACK_FULL = 6,
  HARNESS_BAD_BUILD = 7
} harness_status_t;

enum {
  HARNESS_HELLO = 0x01,
  HARNESS_SIZES = 0x02,
  HARNESS_LOAD_INPUT = 0x03,
  HARNESS_REPEAT_INPUT = 0x04,
  HARNESS_XORSHIFT_INPUT = 0x05,
  HARNESS_RUN = 0x06,
  HARNESS_RUN_LAYERS = 0x07,
  HARNESS_READ_OUTPUT = 0x08,
  HARNESS_READ_TENSOR = 0x09,
  HARNESS_READ_MEMORY = 0x0A,
  HARNESS_STACK = 0x0B,
  HARNESS_HEAP = 0x0C,
  HARNESS_RESET = 0x0D,
  HARNESS_BOOT = 0x70, /* from here on notices of the device */
  HARNESS_NAK = 0x71,
  HARNESS_STARTED = 0x72,
  HARNESS_REPLY = 0x80 /* set in the type of each reply */
};

#define HARNESS_HELLO_BYTES 88u
#define HARNESS_NONCE_BYTES 8u
#define HARNESS_RUN_KEEPS_STATE 1u
#define HARNESS_BODY_BYTES (HARNESS_MAX_PAYLOAD - 1u) /* what a reply holds besides its status */

/* The answer to a request, under way. */
typedef struct {
  uint8_t *body;
  uint16_t size;
} harness_reply_t;

/* harness_requests.c: carry out one request (other than hello and reset) and write the reply's body. */
harness_status_t harness_request(uint8_t type, const uint8_t *payload, uint16_t size, harness_reply_t *reply);

/* The key of this build. It has a file of its own, so that a change of the model compiles no more than the model. */
extern const uint8_t harness_build_key[32];

/* harness_requests.c: the fixed part of hello's answer. */
void harness_describe(const uint8_t *nonce, harness_reply_t *reply);

/* harness_runner.c: tell the host that a long request has arrived whole and begins now. */
void harness_announce_start(void);

/* harness_inputs.c: the runner's own copy of the inputs. */
harness_status_t harness_load_input(uint16_t index, uint32_t offset, const uint8_t *bytes, uint32_t size);
harness_status_t harness_repeat_input(uint16_t index, uint32_t period);
harness_status_t harness_xorshift_input(uint16_t index, uint8_t element, uint32_t state);
const uint8_t *harness_input(uint16_t index); /* NULL where there is none of that number */
void harness_write_inputs(void);              /* into the model */

/* harness_measure.c: the only places that call into the model. */
void harness_run_inference(void (*invoke)(void));
void harness_run_layer(uint16_t index);
uint64_t harness_timed_inference(void);
uint32_t harness_output_hash(void);
harness_status_t harness_peak_stack(uint32_t *bytes);

#endif
