#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads the header of a gzip member (RFC 1952, 2.3) piece by piece.
//
// ISA-L reads headers too, but forgets a header's flags between calls: one with a name or another
// optional field that is cut between two pieces of input is then misread.

typedef struct {
  int part;          // what comes next
  unsigned position; // bytes of it that were read
  unsigned extra_count;
  uint8_t flags;
  uint32_t crc;
  uint16_t stored_crc;
} gzip_header;

typedef enum { GZIP_HEADER_CONTINUES, GZIP_HEADER_ENDED, GZIP_HEADER_BAD } gzip_header_status;

// Begins the header of another member.
void gzip_header_reset(gzip_header *header);

// Moves `input` and `count` past what belongs to the header; `crc32` continues a CRC-32.
gzip_header_status gzip_header_read(gzip_header *header, const uint8_t **input, size_t *count,
                                    uint32_t (*crc32)(uint32_t, const unsigned char *, uint64_t));
