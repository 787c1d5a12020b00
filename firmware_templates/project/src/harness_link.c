/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of the link: COBS, CRC-32, and the decoder that tells frames from text. */
#include "harness_link.h"

#include <stddef.h>

#include "harness_hal.h"

/* After a zero byte a segment begins. Its first byte is a COBS code and its second the marker, or it is text. */
enum { SEGMENT_START, SEGMENT_CODE, SEGMENT_FRAME, SEGMENT_TEXT, SEGMENT_SKIP };

void harness_put_u16(uint8_t *at, uint16_t value)
{
  at[0] = (uint8_t)(value & 0xFFu);
  at[1] = (uint8_t)(value >> 8);
}

void harness_put_u32(uint8_t *at, uint32_t value)
{
  harness_put_u16(at, (uint16_t)(value & 0xFFFFu));
  harness_put_u16(at + 2, (uint16_t)(value >> 16));
}

void harness_put_u64(uint8_t *at, uint64_t value)
{
  harness_put_u32(at, (uint32_t)(value & 0xFFFFFFFFu));
  harness_put_u32(at + 4, (uint32_t)(value >> 32));
}

uint16_t harness_get_u16(const uint8_t *at)
{
  return (uint16_t)(at[0] | (uint16_t)((uint16_t)at[1] << 8));
}

uint32_t harness_get_u32(const uint8_t *at)
{
  return harness_get_u16(at) | ((uint32_t)harness_get_u16(at + 2) << 16);
}

uint64_t harness_get_u64(const uint8_t *at)
{
  return harness_get_u32(at) | ((uint64_t)harness_get_u32(at + 4) << 32);
}

uint32_t harness_crc32(uint32_t crc, const uint8_t *bytes, uint32_t size)
{
  /* Four bits a step: the table takes 64 bytes, a byte-wise one 1 KB. */
  static const uint32_t table[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
                                     0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                     0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};

  crc = ~crc;
  for (uint32_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ table[crc & 0x0Fu];
    crc = (crc >> 4) ^ table[crc & 0x0Fu];
  }
  return ~crc;
}

void harness_link_start(harness_decoder_t *decoder)
{
  decoder->size = 0;
  decoder->text_size = 0;
  decoder->state = SEGMENT_START;
  decoder->code = 0;
  decoder->left = 0;
}

static harness_link_event_t give_text(harness_decoder_t *decoder, uint8_t size)
{
  decoder->text_size = size;
  return HARNESS_LINK_TEXT;
}

static harness_link_event_t end_segment(harness_decoder_t *decoder)
{
  uint8_t state = decoder->state;
  uint16_t size = decoder->size;

  decoder->state = SEGMENT_START;
  if (state == SEGMENT_CODE) {
    decoder->text[0] = decoder->code;
    return give_text(decoder, 1);
  }
  if (state != SEGMENT_FRAME) {
    return HARNESS_LINK_NOTHING;
  }
  if (decoder->left != 0 || size < HARNESS_LINK_HEADER_BYTES + HARNESS_LINK_CRC_BYTES) {
    return HARNESS_LINK_DAMAGED;
  }
  size = (uint16_t)(size - HARNESS_LINK_CRC_BYTES);
  decoder->size = size;
  return harness_crc32(0, decoder->bytes, size) == harness_get_u32(decoder->bytes + size) ? HARNESS_LINK_FRAME
                                                                                         : HARNESS_LINK_DAMAGED;
}

static harness_link_event_t keep(harness_decoder_t *decoder, uint8_t byte)
{
  if (decoder->size >= HARNESS_LINK_FRAME_BYTES) {
    decoder->state = SEGMENT_SKIP;
    return HARNESS_LINK_DAMAGED;
  }
  decoder->bytes[decoder->size++] = byte;
  return HARNESS_LINK_NOTHING;
}

harness_link_event_t harness_link_push(harness_decoder_t *decoder, uint8_t byte)
{
  if (byte == 0) {
    return end_segment(decoder);
  }
  switch (decoder->state) {
  case SEGMENT_START:
    decoder->size = 0;
    decoder->code = byte;
    decoder->state = SEGMENT_CODE;
    return HARNESS_LINK_NOTHING;
  case SEGMENT_CODE:
    if (byte == HARNESS_LINK_MARKER && decoder->code > 1) {
      decoder->left = (uint8_t)(decoder->code - 2);
      decoder->bytes[decoder->size++] = byte;
      decoder->state = SEGMENT_FRAME;
      return HARNESS_LINK_NOTHING;
    }
    decoder->text[0] = decoder->code;
    decoder->text[1] = byte;
    decoder->state = SEGMENT_TEXT;
    return give_text(decoder, 2);
  case SEGMENT_FRAME:
    if (decoder->left > 0) {
      decoder->left--;
      return keep(decoder, byte);
    } else {
      uint8_t full = decoder->code == 0xFFu; /* a full block has no zero behind it */
      decoder->code = byte;
      decoder->left = (uint8_t)(byte - 1);
      return full ? HARNESS_LINK_NOTHING : keep(decoder, 0);
    }
  case SEGMENT_TEXT:
    decoder->text[0] = byte;
    return give_text(decoder, 1);
  default:
    return HARNESS_LINK_NOTHING;
  }
}

/* Gathers what is sent, because a port takes one piece better than many bytes. */
typedef struct {
  uint8_t bytes[64];
  uint8_t size;
} outbox_t;

static void send_byte(outbox_t *out, uint8_t byte)
{
  out->bytes[out->size++] = byte;
  if (out->size == sizeof out->bytes) {
    hal_write(out->bytes, out->size);
    out->size = 0;
  }
}

void harness_link_send(uint8_t *message, uint16_t size)
{
  outbox_t out;
  uint16_t at = 0;
  uint8_t run;

  harness_put_u32(message + size, harness_crc32(0, message, size));
  size = (uint16_t)(size + HARNESS_LINK_CRC_BYTES);
  out.size = 0;
  send_byte(&out, 0);
  for (;;) {
    for (run = 0; run < 254 && at + run < size && message[at + run] != 0; run++) {
    }
    send_byte(&out, (uint8_t)(run + 1));
    for (uint8_t i = 0; i < run; i++) {
      send_byte(&out, message[at + i]);
    }
    at = (uint16_t)(at + run);
    if (at >= size) {
      break;
    }
    if (run < 254) {
      at++; /* the zero that the code stands for; where it is the last byte, an empty block follows */
    }
  }
  send_byte(&out, 0);
  if (out.size > 0) {
    hal_write(out.bytes, out.size);
  }
}
