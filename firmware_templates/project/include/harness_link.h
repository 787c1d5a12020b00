/* SPDX-License-Identifier: Apache-2.0 */
/* Frames in a serial stream in which ordinary text may stand between them. docs/link.md has the byte layout. */
#ifndef HARNESS_LINK_H
#define HARNESS_LINK_H

#include <stdint.h>

#include "harness_config.h"

#ifndef HARNESS_MAX_PAYLOAD
#ifdef HAL_MAX_PAYLOAD
#define HARNESS_MAX_PAYLOAD HAL_MAX_PAYLOAD
#else
#define HARNESS_MAX_PAYLOAD 1024
#endif
#endif
#if HARNESS_MAX_PAYLOAD < 128 || HARNESS_MAX_PAYLOAD > 32768
#error "HARNESS_MAX_PAYLOAD lies outside 128 to 32768"
#endif

#define HARNESS_LINK_VERSION 1u
#define HARNESS_LINK_MARKER 0xF8u /* first byte of each message: UTF-8 text never holds it */
#define HARNESS_LINK_HEADER_BYTES 4u /* marker, type, sequence number */
#define HARNESS_LINK_CRC_BYTES 4u
#define HARNESS_LINK_FRAME_BYTES (HARNESS_LINK_HEADER_BYTES + HARNESS_MAX_PAYLOAD + HARNESS_LINK_CRC_BYTES)

/* What one received byte brought about. */
typedef enum {
  HARNESS_LINK_NOTHING,
  HARNESS_LINK_TEXT,   /* `text` holds bytes that belong to no frame */
  HARNESS_LINK_FRAME,  /* `bytes` holds a whole message of `size` bytes, its CRC already checked and cut off */
  HARNESS_LINK_DAMAGED /* a frame began and turned out to be broken or too long */
} harness_link_event_t;

typedef struct {
  uint8_t bytes[HARNESS_LINK_FRAME_BYTES];
  uint16_t size;
  uint8_t text[2];
  uint8_t text_size;
  uint8_t state;
  uint8_t code;     /* of the COBS block under way */
  uint8_t left;     /* bytes that this block still holds */
} harness_decoder_t;

/* Make a decoder ready for the first byte of a stream. */
void harness_link_start(harness_decoder_t *decoder);

/* Take one received byte. A message stays valid until the next call. */
harness_link_event_t harness_link_push(harness_decoder_t *decoder, uint8_t byte);

/* Send a message of `size` bytes (header and payload); its CRC is written behind it, so the buffer needs four more. */
void harness_link_send(uint8_t *message, uint16_t size);

/* CRC-32 (IEEE 802.3, reflected). Start with 0; hand the result back in to go on. */
uint32_t harness_crc32(uint32_t crc, const uint8_t *bytes, uint32_t size);

/* Little-endian numbers, at any address. */
void harness_put_u16(uint8_t *at, uint16_t value);
void harness_put_u32(uint8_t *at, uint32_t value);
void harness_put_u64(uint8_t *at, uint64_t value);
uint16_t harness_get_u16(const uint8_t *at);
uint32_t harness_get_u32(const uint8_t *at);
uint64_t harness_get_u64(const uint8_t *at);

#endif
