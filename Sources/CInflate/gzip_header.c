#include "gzip_header.h"

enum { FIXED, EXTRA_COUNT, EXTRA, NAME, COMMENT, CHECKSUM, DATA };
enum { HAS_CHECKSUM = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16, RESERVED = 0xE0 };
enum { FIXED_COUNT = 10, DEFLATE = 8 };

void gzip_header_reset(gzip_header *header) { *header = (gzip_header){.part = FIXED}; }

static bool has_part(const gzip_header *header) {
  switch (header->part) {
  case EXTRA_COUNT: return header->flags & HAS_EXTRA;
  case EXTRA: return header->extra_count > 0;
  case NAME: return header->flags & HAS_NAME;
  case COMMENT: return header->flags & HAS_COMMENT;
  case CHECKSUM: return header->flags & HAS_CHECKSUM;
  default: return true;
  }
}

// Takes the next byte of the header's fixed part; false where it is not that of a gzip member.
static bool take_fixed(gzip_header *header, uint8_t byte) {
  switch (header->position) {
  case 0: return byte == 0x1F;
  case 1: return byte == 0x8B;
  case 2: return byte == DEFLATE;
  case 3: header->flags = byte; return !(byte & RESERVED);
  default: return true; // time, extra flags, system
  }
}

// Takes a byte of the part at work; says whether that was its last.
static bool take(gzip_header *header, uint8_t byte) {
  unsigned position = header->position++;
  switch (header->part) {
  case FIXED: return header->position == FIXED_COUNT;
  case EXTRA_COUNT: header->extra_count |= (unsigned)byte << (8 * position); return position == 1;
  case EXTRA: return header->position == header->extra_count;
  case CHECKSUM:
    header->stored_crc |= (uint16_t)((unsigned)byte << (8 * position));
    return position == 1;
  default: return byte == 0; // name and comment
  }
}

gzip_header_status gzip_header_read(gzip_header *header, const uint8_t **input, size_t *count,
                                    uint32_t (*crc32)(uint32_t, const unsigned char *, uint64_t)) {
  while (header->part != DATA) {
    if (*count == 0) return GZIP_HEADER_CONTINUES;
    uint8_t byte = **input;
    if (header->part == FIXED && !take_fixed(header, byte)) return GZIP_HEADER_BAD;
    if (header->part != CHECKSUM) header->crc = crc32(header->crc, &byte, 1);
    ++*input;
    --*count;
    if (!take(header, byte)) continue;
    if (header->part == CHECKSUM && header->stored_crc != (header->crc & 0xFFFF)) {
      return GZIP_HEADER_BAD;
    }
    header->position = 0;
    do header->part++;
    while (!has_part(header));
  }
  return GZIP_HEADER_ENDED;
}
