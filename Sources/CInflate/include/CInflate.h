#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Inflating gzip (RFC 1952) and zlib (RFC 1950) streams through ISA-L or zlib, with one set of
// verdicts. Checksums and lengths are always compared.
//
// ISA-L takes about a third of zlib's time. It is optional: it serves where its header was there
// when this was compiled and its library is there when it runs.

typedef struct cinflate_stream cinflate_stream;

typedef enum { CINFLATE_GZIP, CINFLATE_ZLIB } cinflate_format;

typedef enum {
  CINFLATE_CONTINUES, // needs input, or room for output
  CINFLATE_ENDED,     // the stream is over, its checksum and length are right
  CINFLATE_BAD_HEADER,
  CINFLATE_BAD_DATA,
  CINFLATE_BAD_CHECKSUM, // or length
} cinflate_status;

// Whether ISA-L can be used in this process.
bool cinflate_has_isal(void);

// A new stream; NULL when memory runs out, or when ISA-L is asked for and not there.
cinflate_stream *cinflate_create(cinflate_format format, bool isal);
void cinflate_destroy(cinflate_stream *stream);

// Makes the stream ready for another one, without giving its memory back.
void cinflate_reset(cinflate_stream *stream);

// Inflates as much as input and room allow. Both pointers and counts move past what was used; both
// counts are below 2^32. After a status other than CINFLATE_CONTINUES only a reset is allowed.
cinflate_status cinflate_run(cinflate_stream *stream, const uint8_t **input, size_t *input_count,
                             uint8_t **output, size_t *output_count);

// CRC-32 as PNG and gzip define it, by ISA-L where it can be used.
uint32_t cinflate_crc32(const uint8_t *bytes, size_t count);
