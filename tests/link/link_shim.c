/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a test call the firmware's codec: events and frames are written into buffers that it hands over. */
#include <string.h>

#include "harness_hal.h"
#include "harness_link.h"

static uint8_t *sent;
static size_t sent_size;

void hal_write(const uint8_t *bytes, size_t size)
{
  memcpy(sent + sent_size, bytes, size);
  sent_size += size;
}

/* Encode a message; `out` must hold a whole frame. */
size_t shim_encode(const uint8_t *message, uint16_t size, uint8_t *out)
{
  uint8_t copy[HARNESS_LINK_FRAME_BYTES];

  memcpy(copy, message, size);
  sent = out;
  sent_size = 0;
  harness_link_send(copy, size);
  return sent_size;
}

/* Decode a stream into events: 'T' and a byte; 'F', two bytes of length, the message; 'D'. */
size_t shim_decode(const uint8_t *stream, size_t size, uint8_t *out)
{
  static harness_decoder_t decoder;
  size_t at = 0;

  harness_link_start(&decoder);
  for (size_t i = 0; i < size; i++) {
    switch (harness_link_push(&decoder, stream[i])) {
    case HARNESS_LINK_TEXT:
      for (uint8_t k = 0; k < decoder.text_size; k++) {
        out[at++] = 'T';
        out[at++] = decoder.text[k];
      }
      break;
    case HARNESS_LINK_FRAME:
      out[at++] = 'F';
      harness_put_u16(out + at, decoder.size);
      memcpy(out + at + 2, decoder.bytes, decoder.size);
      at += 2u + decoder.size;
      break;
    case HARNESS_LINK_DAMAGED:
      out[at++] = 'D';
      break;
    default:
      break;
    }
  }
  return at;
}
