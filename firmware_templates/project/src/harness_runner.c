/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the host: one session, each request carried out once, its reply kept until the next. */
#include "harness_runner.h"

#include <string.h>

#include "harness_hal.h"
#include "harness_model.h"

static harness_decoder_t received;

static struct {
  uint8_t message[HARNESS_LINK_FRAME_BYTES]; /* the last reply; sent again when its request comes again */
  uint16_t size;                             /* header and payload; 0 where there is none */
  uint16_t sequence;
  uint8_t open; /* whether a hello has come since the start */
  uint8_t nonce[HARNESS_NONCE_BYTES];
} session;

__attribute__((weak)) void harness_text_hook(uint8_t byte)
{
  (void)byte;
}

__attribute__((weak)) int hal_readable(uintptr_t address, uint32_t size)
{
  (void)address;
  (void)size;
  return 0;
}

static void write_header(uint8_t *message, uint8_t type, uint16_t sequence)
{
  message[0] = HARNESS_LINK_MARKER;
  message[1] = type;
  harness_put_u16(message + 2, sequence);
}

/* Send a message that is no reply; the reply kept for a retransmission stays as it is. */
static void send_notice(uint8_t type, uint16_t sequence, const uint8_t *payload, uint16_t size)
{
  uint8_t message[HARNESS_LINK_HEADER_BYTES + 5u + HARNESS_LINK_CRC_BYTES];

  write_header(message, type, sequence);
  if (size > 0) {
    memcpy(message + HARNESS_LINK_HEADER_BYTES, payload, size);
  }
  harness_link_send(message, (uint16_t)(HARNESS_LINK_HEADER_BYTES + size));
}

void harness_announce_start(void)
{
  send_notice(HARNESS_STARTED, session.sequence, NULL, 0);
}

static void refuse(uint8_t type, uint16_t sequence, harness_status_t status)
{
  uint8_t payload = (uint8_t)status;

  send_notice(type | HARNESS_REPLY, sequence, &payload, 1);
}

static harness_reply_t begin_reply(uint16_t sequence)
{
  harness_reply_t reply;

  session.sequence = sequence;
  session.size = 0;
  reply.body = session.message + HARNESS_LINK_HEADER_BYTES + 1;
  reply.size = 0;
  return reply;
}

static void finish_reply(uint8_t type, harness_status_t status, const harness_reply_t *reply)
{
  uint16_t body = status == HARNESS_OK ? reply->size : 0;

  write_header(session.message, type | HARNESS_REPLY, session.sequence);
  session.message[HARNESS_LINK_HEADER_BYTES] = (uint8_t)status;
  session.size = (uint16_t)(HARNESS_LINK_HEADER_BYTES + 1u + body);
  harness_link_send(session.message, session.size);
}

static void resend(uint8_t type)
{
  if (session.size > 0 && session.message[1] == (type | HARNESS_REPLY)) {
    harness_link_send(session.message, session.size);
  }
}

static void hello(uint16_t sequence, const uint8_t *payload, uint16_t size)
{
  harness_reply_t reply;

  if (size < HARNESS_NONCE_BYTES) {
    refuse(HARNESS_HELLO, sequence, HARNESS_BAD_LENGTH);
    return;
  }
  if (session.open && memcmp(session.nonce, payload, HARNESS_NONCE_BYTES) == 0) {
    resend(HARNESS_HELLO); /* unless another reply has taken its place: then this is a late copy */
    return;
  }
  session.open = 1;
  memcpy(session.nonce, payload, HARNESS_NONCE_BYTES);
  reply = begin_reply(sequence);
  harness_describe(session.nonce, &reply);
  finish_reply(HARNESS_HELLO, HARNESS_OK, &reply);
}

static void answer(const uint8_t *message, uint16_t size)
{
  uint8_t type = message[1];
  uint16_t sequence = harness_get_u16(message + 2);
  const uint8_t *payload = message + HARNESS_LINK_HEADER_BYTES;
  harness_reply_t reply;
  harness_status_t status;

  size = (uint16_t)(size - HARNESS_LINK_HEADER_BYTES);
  if (message[0] != HARNESS_LINK_MARKER || type >= HARNESS_BOOT) {
    return; /* an echo of what this side sent */
  }
  if (type == HARNESS_HELLO) {
    hello(sequence, payload, size);
    return;
  }
  if (!session.open) {
    refuse(type, sequence, HARNESS_NO_SESSION); /* the device restarted and the host does not know it yet */
    return;
  }
  if (sequence == session.sequence) {
    resend(type);
    return;
  }
  if ((uint16_t)(sequence - session.sequence) >= 0x8000u) {
    return; /* older than the last one answered: a late copy */
  }
  reply = begin_reply(sequence);
  status = type == HARNESS_RESET ? HARNESS_OK : harness_request(type, payload, size, &reply);
  finish_reply(type, status, &reply);
  if (type == HARNESS_RESET) {
    hal_reset();
  }
}

void harness_runner_start(void)
{
  uint8_t payload[5];

  hal_init();
  if (harness_model.prepare != NULL) {
    harness_model.prepare();
  }
  harness_link_start(&received);
  session.open = 0;
  session.size = 0;
  harness_put_u32(payload, hal_boot_count());
  payload[4] = hal_reset_cause();
  send_notice(HARNESS_BOOT, 0, payload, sizeof payload);
}

void harness_runner_poll(void)
{
  uint8_t bytes[64];
  size_t count = hal_read(bytes, sizeof bytes);

  if (count == 0) {
    hal_wait();
    return;
  }
  for (size_t i = 0; i < count; i++) {
    switch (harness_link_push(&received, bytes[i])) {
    case HARNESS_LINK_TEXT:
      for (uint8_t k = 0; k < received.text_size; k++) {
        harness_text_hook(received.text[k]);
      }
      break;
    case HARNESS_LINK_FRAME:
      answer(received.bytes, received.size);
      break;
    case HARNESS_LINK_DAMAGED:
      send_notice(HARNESS_NAK, 0, NULL, 0);
      break;
    default:
      break;
    }
  }
}
